import { activate } from './activate.ts';
import { approve, reject } from './approve.ts';
import { breakCommand } from './break.ts';
import { check } from './check.ts';
import { cluster } from './cluster.ts';
import type { Command, CommandName } from './command.ts';
import { demo } from './demo.ts';
import { diff } from './diff.ts';
import { explain } from './explain.ts';
import { history } from './history.ts';
import { pause, resume } from './pause.ts';
import { release } from './release.ts';
import { resync } from './resync.ts';
import { run } from './run.ts';
import { service } from './service.ts';
import { status } from './status.ts';
import { undo } from './undo.ts';
import { update } from './update.ts';
import { verify } from './verify.ts';

/** What does the work of each command. */
export const commands: Partial<Record<CommandName, Command>> = {
  activate,
  approve,
  break: breakCommand,
  check,
  cluster,
  demo,
  diff,
  explain,
  history,
  pause,
  reject,
  release,
  resync,
  resume,
  run: context => run(context, commands),
  service,
  status,
  undo,
  update,
  verify,
};
