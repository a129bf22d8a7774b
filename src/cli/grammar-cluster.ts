import { type Ask, examples, type Program, reason } from './grammar.ts';

/** Who is in the cluster, who has which relationship, and what a person says about it. */
export function addCluster(program: Program, ask: Ask): void {
  const cluster = program
    .command('cluster')
    .description('the members, the routing table, and what a person says about them')
    .addHelpText(
      'after',
      examples([
        'warmspare cluster members',
        'warmspare cluster routes --json',
        'warmspare cluster drain nas3 --reason "new disks"',
        'warmspare cluster undrain nas3',
      ]),
    );
  cluster
    .command('members')
    .description('a row per member: health, tasks, load; below, whose configuration is another one')
    .action(options => ask('cluster', options, [], { action: 'members' }));
  cluster
    .command('routes')
    .description('the routing table: who keeps which relationship in step, since which epoch, and why')
    .action(options => ask('cluster', options, [], { action: 'routes' }));
  cluster
    .command('drain')
    .description('give the tasks of a member to the others, one by one, and no new ones to it')
    .argument('<member>', 'name of the member')
    .addOption(reason())
    .action((member, options) => ask('cluster', options, [], { action: 'drain', member }));
  cluster
    .command('undrain')
    .description('let a member have tasks again')
    .argument('<member>', 'name of the member')
    .addOption(reason())
    .action((member, options) => ask('cluster', options, [], { action: 'undrain', member }));
  cluster
    .command('rebalance')
    .description('spread the tasks evenly now, with as few moves as that takes')
    .addOption(reason())
    .action(options => ask('cluster', options, [], { action: 'rebalance' }));
}
