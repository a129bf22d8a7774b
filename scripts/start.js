// `npm start` runs the demo, `npm start -- diff nas1-to-nas2` any command line. The command runs in this
// very process, so that its exit code, its signals and its pipes are nobody else's.
import { ensure, ROOT } from './ensure.js';

ensure();

// npm changes to the package's folder; paths on the command line are meant from where npm was called.
const fromNpm = process.env.npm_lifecycle_event === 'start' && `${process.cwd()}/` === ROOT;
if (fromNpm && process.env.INIT_CWD !== undefined) process.chdir(process.env.INIT_CWD);

if (process.argv.length === 2) process.argv.push('demo');
await import('../bin/warmspare.js');
