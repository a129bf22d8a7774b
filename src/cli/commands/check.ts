import { EXIT } from '../exit.ts';
import type { CommandContext } from './command.ts';

/** The configuration itself: it was read and found right, or the command would not have started. */
export async function check({ config, relationships, report }: CommandContext): Promise<0> {
  report.set(
    'relationships',
    relationships.map(({ name, identity }) => ({
      name,
      pairs: identity.pairs.length,
      shared: identity.shared.length,
    })),
  );
  report.print(`${config?.file}: the configuration is right\n`);
  for (const { name, identity } of relationships) report.print(`  ${name}: ${identity.pairs.length} pairs\n`);
  return EXIT.done;
}
