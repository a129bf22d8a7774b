import { Option } from '@commander-js/extra-typings';
import { type Ask, examples, NAMES, type Program, reason } from './grammar.ts';

/** Failover and back: break, activate, resync, release. */
export function addFailover(program: Program, ask: Ask): void {
  program
    .command('break')
    .description('failover: the backup is free to serve, and nobody writes to it again before resync')
    .argument('[relationship...]', NAMES)
    .addOption(at())
    .addOption(reason())
    .addHelpText(
      'after',
      `\nIt fences no primary, promotes no data and moves no address: do that before the backup serves.\n${examples(
        [
          'warmspare break nas1-to-nas2 --reason "nas1 is on fire"',
          'warmspare break --at /etc',
          'warmspare break nas1-to-nas2 --at /etc',
        ],
      )}`,
    )
    .action((names, options) => ask('break', options, names));
  program
    .command('activate')
    .description('after break: installs what waited for it (apply: on-break) and runs its reload hooks')
    .argument('[relationship...]', NAMES)
    .addOption(at())
    .addOption(reason())
    .addHelpText('after', examples(['warmspare activate nas1-to-nas2', 'warmspare activate --at /etc']))
    .action((names, options) => ask('activate', options, names));
  program
    .command('resync')
    .description('after break: exchange the roles, or let the broken side follow again')
    .argument('[relationship...]', NAMES)
    .option('--reverse', 'the broken side leads, the side that led follows')
    .option('--forward', 'the broken side follows again')
    .addOption(
      new Option(
        '--orphans <fate>',
        'what the losing side changed on its own: keep it there as local, or drop it (a patch is kept either way)',
      ).choices(['keep', 'drop']),
    )
    .option('--show-secrets', 'print secrets as they are')
    .addOption(reason())
    .addHelpText(
      'after',
      examples([
        'warmspare resync --reverse nas1-to-nas2',
        'warmspare resync --reverse nas1-to-nas2 --orphans drop --reason "nas2 leads now"',
        'warmspare resync --forward --orphans keep',
      ]),
    )
    .action((names, options) => ask('resync', options, names));
  program
    .command('release')
    .description('end a relationship; the files stay as they are')
    .argument('[relationship...]', 'names of relationships (the only one may be left out)')
    .addOption(at())
    .addOption(reason())
    .addHelpText(
      'after',
      examples(['warmspare release nas1-to-nas2', 'warmspare release nas1-to-nas2 --at /etc']),
    )
    .action((names, options) => ask('release', options, names));
}

function at() {
  return new Option(
    '--at <root>',
    'on the backup alone: the root that replication writes to; no configuration file, no primary',
  );
}
