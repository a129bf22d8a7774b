import type { ClusterEffect, ClusterEvent } from '../../../src/core/cluster/event.ts';
import { clusterStep } from '../../../src/core/cluster/machine.ts';
import { CLUSTER_PACE, type ClusterPace } from '../../../src/core/cluster/pace.ts';
import type { ClusterState } from '../../../src/core/cluster/state.ts';
import type { Step } from './node.ts';

export interface Broken {
  readonly name: string;
  readonly step: Step;
  /** What the checker must say of it. */
  readonly sign: RegExp;
}

/** Builds of the machine with one thing wrong, each of which the simulator must catch for what it is. */
export const BROKEN: readonly Broken[] = [
  {
    name: 'a process that was started anew goes on in the epoch of the one before',
    step: byEvent((event, { self }) => {
      if (event.is !== 'row' || event.route === undefined || event.route.state.is !== 'owned') return event;
      const { state } = event.route;
      if (state.owner !== self.member) return event;
      return { ...event, route: { ...event.route, state: { ...state, incarnation: self.incarnation } } };
    }),
    sign: /whose epoch it is not/,
  },
  {
    name: 'the epoch stays when the owner changes',
    step: byEffect((effect, before) => {
      if (effect.is !== 'write-row' || effect.route.state.is !== 'owned') return effect;
      const epoch = Math.max(1, before.rows.get(effect.route.task)?.route.epoch ?? 0);
      return { ...effect, route: { ...effect.route, epoch } };
    }),
    sign: /two owners/,
  },
  {
    name: 'a leased task is given on at once',
    step: byPace({ hold: CLUSTER_PACE.hold, margin: -CLUSTER_PACE.hold }),
    sign: /an effect of epoch \d+ .* after one of epoch/,
  },
  {
    name: 'an owner of a leased task never looks at its own clock',
    step: byState(state => ({ ...state, confirmed: state.at })),
    sign: /an effect of epoch \d+ .* after one of epoch/,
  },
  {
    name: 'an owner that is asked to let go tells so, and goes on',
    step: byEffect((effect, before) => {
      if (effect.is === 'end') return undefined;
      if (effect.is !== 'beat') return effect;
      const reports = effect.beat.reports.map(report =>
        before.duties.get(report.task)?.stage === 'ending' ? { ...report, state: 'ended' as const } : report,
      );
      return { ...effect, beat: { ...effect.beat, reports } };
    }),
    sign: /an effect of epoch \d+ .* after one of epoch|nothing is done by its owner/,
  },
  {
    name: 'what the engine lost begins at epoch 1 again',
    step: byEffect(effect =>
      effect.is === 'write-row' && effect.expected === undefined
        ? { ...effect, route: { ...effect.route, epoch: 1 } }
        : effect,
    ),
    sign: /two owners|two configurations/,
  },
  {
    name: 'a member that is silent keeps its tasks',
    step: byPace({ suspect: 1e9, failed: 1e9 }),
    sign: /has no owner that lives|is gone|takes .* for/,
  },
  {
    name: 'the lease is taken and never renewed',
    step: byEffect((effect, before) =>
      effect.is === 'write-lease' && before.lease.lease?.incarnation === before.self.incarnation
        ? undefined
        : effect,
    ),
    sign: /0 members coordinate/,
  },
  {
    name: 'everybody coordinates',
    step: byState(state =>
      state.contact === undefined ? state : { ...state, coordinatesSince: state.contact },
    ),
    sign: /[2-9] members coordinate/,
  },
  {
    name: 'an owner goes on with the configuration that it had',
    step: (before, event, pace) => {
      const { state, effects } = clusterStep(before, event, pace);
      const kept = effects.map(effect => {
        const had = before.duties.get('task' in effect ? effect.task : '');
        return effect.is === 'begin' && had !== undefined
          ? { ...effect, configuration: had.configuration }
          : effect;
      });
      return { state, effects: kept };
    },
    sign: /with another configuration/,
  },
  {
    name: 'a person who drains a member is not heard',
    step: byEvent(event => (event.is === 'drained' ? { is: 'clock', at: event.at } : event)),
    sign: /which may not have it/,
  },
  {
    name: 'the next owner begins where it should make ready',
    step: byEffect((effect, { self }) => {
      if (effect.is !== 'make-ready') return effect;
      const { configuration } = self.tasks[effect.task]!;
      return { is: 'begin', task: effect.task, epoch: effect.epoch + 1, configuration };
    }),
    sign: /whose epoch it is not|an effect of epoch \d+ .* after one of epoch/,
  },
  {
    name: 'nothing is ever moved for the sake of balance',
    step: byEffect(effect =>
      effect.is === 'write-row' && effect.route.why.includes('has more to do than') ? undefined : effect,
    ),
    sign: /unbalanced/,
  },
];

function byEffect(change: (effect: ClusterEffect, before: ClusterState) => ClusterEffect | undefined): Step {
  return (before, event, pace) => {
    const { state, effects } = clusterStep(before, event, pace);
    return { state, effects: effects.flatMap(effect => change(effect, before) ?? []) };
  };
}

function byEvent(change: (event: ClusterEvent, before: ClusterState) => ClusterEvent): Step {
  return (before, event, pace) => clusterStep(before, change(event, before), pace);
}

function byState(change: (state: ClusterState) => ClusterState): Step {
  return (before, event, pace) => {
    const { state, effects } = clusterStep(before, event, pace);
    return { state: change(state), effects };
  };
}

function byPace(change: Partial<ClusterPace>): Step {
  return (before, event, pace) => clusterStep(before, event, { ...pace, ...change });
}
