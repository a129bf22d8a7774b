import type { Order } from '../../cluster/member/wire.ts';
import { FailureError } from '../../core/failure.ts';
import type { ClusterView, MemberView, RouteView } from '../../daemon/membership/view.ts';
import { EXIT, type Exit } from '../exit.ts';
import { personOf } from '../person.ts';
import { age } from '../report/age.ts';
import type { Report } from '../report/report.ts';
import { table } from '../report/table.ts';
import type { CommandContext } from './command.ts';

/** The cluster as the running daemon knows it, and what a person says to it. */
export async function cluster(context: CommandContext): Promise<Exit> {
  const { live, operands, config } = context;
  if (live === undefined) {
    throw new FailureError({
      failure: 'not-owner',
      message: `no daemon runs here on ${config!.state}: only a member knows its cluster`,
      hint: 'start it: systemctl start warmspare, or warmspare run',
    });
  }
  if (live.cluster === undefined) {
    throw new FailureError({
      failure: 'usage',
      message: 'this daemon is no member of a cluster: its configuration file has no `cluster:`',
      at: { file: config!.file },
      hint: 'write `cluster: {engine: nats, servers: [...]}`, or `{engine: embedded}` for a cluster of one',
    });
  }
  const { action = 'members' } = operands;
  if (action === 'members') return members(context, live.cluster.view());
  if (action === 'routes') return routes(context, live.cluster.view());
  return order(context, live.cluster, action);
}

function members({ report }: CommandContext, view: ClusterView): Exit {
  const row = (one: MemberView) => [
    one.member === view.coordinator ? `${one.member} (coordinates)` : one.member,
    one.health,
    age(one.since),
    `${one.tasks}`,
    `${(one.cost / 10).toFixed(1)} %`,
    `${one.weight}`,
    one.labels.join(', ') || '-',
  ];
  report.print(
    table(['MEMBER', 'HEALTH', 'FOR', 'TASKS', 'LOAD', 'WEIGHT', 'LABELS'], view.members.map(row)),
  );
  const notes = view.members.flatMap(({ member, notes }) => notes.map(note => `${member}: ${note}\n`));
  if (notes.length > 0) report.print(`\n${notes.join('')}`);
  report.set('coordinator', view.coordinator ?? null);
  report.set('members', view.members);
  return endOf(view, report);
}

function routes({ report }: CommandContext, view: ClusterView): Exit {
  const row = (one: RouteView) => [
    one.task,
    one.owner ?? '?',
    `${one.epoch}`,
    one.state,
    one.operation ?? '-',
    one.class,
    one.previous.map(({ owner, epoch }) => `${owner} (${epoch})`).join(', ') || '-',
    one.why,
  ];
  const header = ['RELATIONSHIP', 'OWNER', 'EPOCH', 'STATE', 'OPERATION', 'CLASS', 'PREVIOUS', 'WHY'];
  report.print(table(header, view.routes.map(row)));
  report.set('routes', view.routes);
  return endOf(view, report);
}

/** What is shown may be outdated where there is no contact, and is then no answer to go by. */
function endOf({ cutOff, self, routes }: ClusterView, report: Report): Exit {
  if (cutOff) {
    report.print(`\n${self} is cut off from the cluster: this is what it knew last\n`);
    return EXIT.refused;
  }
  return routes.some(({ owner }) => owner === undefined) ? EXIT.notInSync : EXIT.done;
}

async function order(
  { operands, options, report, host }: CommandContext,
  live: { view(): ClusterView; order(order: Order): Promise<string | undefined> },
  action: string,
): Promise<Exit> {
  const { member = '' } = operands;
  const known = live.view().members.map(one => one.member);
  if (action !== 'rebalance' && !known.includes(member)) {
    throw new FailureError({
      failure: 'usage',
      message: `there is no member ${member} in this cluster`,
      hint: `its members are ${known.join(', ')}`,
    });
  }
  const why = `by ${personOf(host)}${options.reason === undefined ? '' : ` (${options.reason})`}`;
  const given: Exclude<Order, { order: 'pause' }> =
    action === 'drain'
      ? { order: 'drain', member, why }
      : action === 'undrain'
        ? { order: 'undrain', member }
        : { order: 'rebalance' };
  const refused = await live.order(given);
  if (refused !== undefined) {
    throw new FailureError({
      failure: 'not-owner',
      message: `the cluster did not do it: ${refused}`,
      hint: 'try it again; `warmspare cluster members` says who coordinates',
    });
  }
  report.print(SAID[given.order](member));
  report.set('ordered', given.order);
  return EXIT.done;
}

const SAID: Readonly<Record<Exclude<Order['order'], 'pause'>, (member: string) => string>> = {
  drain: member => `${member} is drained: its tasks go to the others, see warmspare cluster routes\n`,
  undrain: member => `${member} may have tasks again\n`,
  rebalance: () => 'the tasks are spread evenly, see warmspare cluster routes\n',
};
