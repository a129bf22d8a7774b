/**
 * A generic lexer of `{}`, `<tag>`, end-words and HAProxy's sections: Ganesha, DRBD, tgt, SCST,
 * keepalived, multipath, corosync, Gluster, HAProxy and what looks like them. It knows no keyword's
 * meaning, only where an entry begins and ends.
 */
import type { Document } from '../../document.ts';
import { type Failure, isFailure } from '../../failure.ts';
import type { Format } from '../format.ts';
import { documentOf, respellRaw } from '../text-tree.ts';
import { parseBraces } from './braces.ts';
import { parseByLine } from './by-line.ts';
import { type Dialect, dialectOf } from './dialect.ts';

export const block: Format = { name: 'block', parse, respell: respellRaw };

function parse(text: string, file?: string): Document | Failure {
  return parseAs(text, dialectOf(text), file);
}

/** Reads a part of a file in the dialect that all of it is written in. */
export function parseAs(text: string, dialect: Dialect, file?: string): Document | Failure {
  const root =
    dialect.shape === 'braces' ? parseBraces(text, dialect.rules, file) : parseByLine(text, dialect, file);
  return isFailure(root) ? root : documentOf('block', text, root, file);
}
