import { answer } from './answer.ts';

/**
 * The entry of a process that opens a store which is not proven sound: where a damaged page ends the
 * process, it is this one. It gets a Request as JSON in its first argument, and answers on stdout.
 */
const answered = await answer(JSON.parse(process.argv[2]!));
process.stdout.write(JSON.stringify(answered), () => process.exit(0));
