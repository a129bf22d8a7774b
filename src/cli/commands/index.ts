import type { Command, CommandName } from './command.ts';

/**
 * What does the work of each command. Each is loaded when it is asked for: most of the time that a short
 * command takes is the loading of code.
 */
export const commands: Partial<Record<CommandName, Command>> = {
  activate: async context => (await import('./activate.ts')).activate(context),
  approve: async context => (await import('./approve.ts')).approve(context),
  break: async context => (await import('./break.ts')).breakCommand(context),
  check: async context => (await import('./check.ts')).check(context),
  cluster: async context => (await import('./cluster.ts')).cluster(context),
  demo: async context => (await import('./demo.ts')).demo(context),
  diff: async context => (await import('./diff.ts')).diff(context),
  explain: async context => (await import('./explain.ts')).explain(context),
  history: async context => (await import('./history.ts')).history(context),
  pause: async context => (await import('./pause.ts')).pause(context),
  reject: async context => (await import('./approve.ts')).reject(context),
  release: async context => (await import('./release.ts')).release(context),
  resync: async context => (await import('./resync.ts')).resync(context),
  resume: async context => (await import('./pause.ts')).resume(context),
  run: async context => (await import('./run.ts')).run(context, commands),
  service: async context => (await import('./service.ts')).service(context),
  status: async context => (await import('./status.ts')).status(context),
  undo: async context => (await import('./undo.ts')).undo(context),
  update: async context => (await import('./update.ts')).update(context),
  verify: async context => (await import('./verify.ts')).verify(context),
};
