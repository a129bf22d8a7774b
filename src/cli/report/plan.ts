import { createColors } from 'picocolors';
import { type FilePlan, isApprovable, isEffective, type Plan } from '../../core/apply/plan.ts';
import { describeSwap, renderFile } from '../../core/apply/render.ts';
import { hiddenIn, maskPatch } from '../../core/change/mask-patch.ts';
import { stringOf } from '../../core/text.ts';
import type { Report } from './report.ts';
import { maskFailure } from './secrets.ts';

export interface PlanView {
  readonly showSecrets: boolean;
  readonly secrets: readonly RegExp[];
}

/**
 * A plan as a unified diff that `patch -p1` takes: what is for people only, and what is held, stands
 * in lines that begin with `#`.
 */
export function printPlan(report: Report, plan: Plan, view: PlanView): void {
  const effective = plan.files.filter(isEffective);
  const applied = effective.filter(file => file.held.length === 0);
  const swaps = applied.reduce((sum, file) => sum + file.swaps.length, 0);
  const paint = createColors(report.colour);
  const counted = `${count(applied.length, 'file')} to write, ${count(swaps, 'identifier')} swapped`;
  report.print(
    `${paint.bold(`# ${plan.relationship}: ${plan.direction}: ${counted}; plan ${plan.hash.slice(0, 12)}`)}\n`,
  );
  let masked = 0;
  for (const file of plan.files) {
    if (!isEffective(file) || (file.text === undefined && file.action !== 'delete')) continue;
    const held = file.held.length > 0;
    const aside = held || file.waits === true;
    report.print(
      `${paint.cyan(`# ${file.path}: ${VERBS[file.action]}${file.waits === true ? ', kept ready for a break' : ''}${held ? ` (held, ${file.id})` : ''}`)}\n`,
    );
    const rendering = renderFile(file, view);
    masked += rendering.masked;
    for (const line of rendering.lines) report.print(`${aside ? '# ' : ''}${paintLine(line, paint)}\n`);
  }
  if (masked > 0) {
    report.print(
      `# secrets are masked in ${count(masked, 'line')}: to apply this diff with patch, print it with --show-secrets\n`,
    );
  }
}

const VERBS = { create: 'is created', change: 'changes', delete: 'is deleted', keep: 'stays' } as const;

function paintLine(line: string, paint: ReturnType<typeof createColors>): string {
  if (line.startsWith('+')) return paint.green(line);
  if (line.startsWith('-')) return paint.red(line);
  if (line.startsWith('@@') || line.startsWith('#')) return paint.cyan(line);
  return line;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** What guards hold, on stderr or in the failures of the JSON object, with the command that releases it. */
export function reportHeld(report: Report, plan: Plan): void {
  report.fail(plan.held, 'held');
  for (const file of plan.files) {
    for (const failure of file.held) {
      const release = isApprovable(failure) ? ` (warmspare approve ${file.id}, or reject ${file.id})` : '';
      report.fail({ ...failure, hint: `${failure.hint ?? ''}${release}` }, 'held');
    }
  }
}

/** A plan as data, without the texts themselves. */
export function planData(plan: Plan, view: PlanView): Record<string, unknown> {
  return {
    relationship: plan.relationship,
    direction: plan.direction,
    sequence: plan.sequence,
    hash: plan.hash,
    held: plan.held.map(failure => maskFailure(failure, view.secrets)),
    files: plan.files.map(file => fileData(file, view)),
  };
}

function fileData(file: FilePlan, view: PlanView): Record<string, unknown> {
  const { path, action, format, primary, before, after, id, held, baseline, deletions } = file;
  const text = stringOf(file.text);
  const texts = [file.was, text, file.base === file.text ? text : stringOf(file.base)];
  const isHidden = file.notes.length === 0 ? () => false : hiddenIn(texts, view.secrets);
  return {
    path,
    action,
    format,
    primary,
    before,
    after,
    id,
    baseline,
    deletions,
    held: held.map(failure => ({ ...maskFailure(failure, view.secrets), approvable: isApprovable(failure) })),
    patch: view.showSecrets
      ? file.patch
      : maskPatch(
          file.patch,
          view.secrets,
          texts.filter(text => text !== undefined),
        ),
    swaps: file.swaps.map(swap => ({ ...swap, text: describeSwap(swap) })),
    notes: file.notes
      .filter(({ found }) => !isHidden(found))
      .map(({ sort, kind, found, suggestion }) => ({ sort, kind, found, suggestion })),
  };
}
