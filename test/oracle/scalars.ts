/**
 * Cuts a text into the pieces that the identity rules apply to one by one. In json, yaml and toml each
 * scalar is a piece, decoded; comments, and all of ini, block and lines, are raw. A helper of rules.ts.
 */
import { isScalar, Lexer, parseDocument } from 'yaml';

export type OracleFormat = 'json' | 'yaml' | 'toml' | 'ini' | 'block' | 'lines';

/** One UTF-16 unit of meaning and the source it is written with: [from, to) of the piece's source. */
export interface Unit {
  readonly unit: string;
  readonly from: number;
  readonly to: number;
}

export interface Piece {
  readonly source: string;
  readonly units: readonly Unit[];
  /** How a counterpart is written here. */
  readonly encode: (put: string) => string;
  /** The whole piece once it was changed, quoted where it would be read as something else. */
  readonly finish: (changed: string) => string;
}

const asIs = (text: string) => text;
const inDoubleQuotes = (put: string) => JSON.stringify(put).slice(1, -1);

/** Pieces that put together are the text. */
export function pieces(text: string, format: OracleFormat): Piece[] {
  if (format === 'json') return jsonPieces(text);
  if (format === 'yaml') return yamlPieces(text);
  if (format === 'toml') return tomlPieces(text);
  return [raw(text)];
}

function raw(source: string, finish: (changed: string) => string = asIs): Piece {
  const units = source.split('').map((unit, at) => ({ unit, from: at, to: at + 1 }));
  return { source, units, encode: asIs, finish };
}

/**
 * The units of a quoted source. `decode` gets the rest of the source and says how long the first
 * token is and what it means; by default a token is one unit that means itself.
 */
function quoted(
  source: string,
  decode: (rest: string) => { length: number; means: string } | undefined,
  encode: (put: string) => string,
): Piece {
  const units: Unit[] = [];
  for (let at = 0; at < source.length; ) {
    const token = decode(source.slice(at, at + 4096)) ?? { length: 1, means: source.charAt(at) };
    for (const unit of token.means.split('')) units.push({ unit, from: at, to: at + token.length });
    at += token.length;
  }
  return { source, units, encode, finish: asIs };
}

const LETTERS: Record<string, string> = {
  b: '\b',
  t: '\t',
  n: '\n',
  f: '\f',
  r: '\r',
  e: '\x1b',
  '0': '\0',
  a: '\x07',
  v: '\v',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};

/** A backslash with what it escapes, in the union of JSON's, TOML's and YAML's escapes. */
function escaped(rest: string): { length: number; means: string } | undefined {
  if (!rest.startsWith('\\')) return undefined;
  // A backslash at a line's end takes the line end and the indentation after it away.
  const joint = /^\\[ \t]*\r?\n[ \t\r\n]*/.exec(rest);
  if (joint !== null) return { length: joint[0].length, means: '' };
  const hex = /^\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2}))/.exec(rest);
  if (hex !== null) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16);
    return { length: hex[0].length, means: hex[1] ? String.fromCharCode(code) : String.fromCodePoint(code) };
  }
  const letter = rest.charAt(1);
  return { length: 2, means: LETTERS[letter] ?? letter };
}

/** YAML's line folding: one line end is a blank, each further one is a line end. */
function fold(rest: string): { length: number; means: string } | undefined {
  const lineEnds = /^[ \t]*(?:\r?\n[ \t]*)+/.exec(rest);
  if (lineEnds === null) return undefined;
  const count = lineEnds[0].split('\n').length - 1;
  return { length: lineEnds[0].length, means: count === 1 ? ' ' : '\n'.repeat(count - 1) };
}

function jsonPieces(text: string): Piece[] {
  return (text.match(/"(?:[^"\\]|\\.)*"|[^\s"{}[\],:]+|[\s{}[\],:]+|"/gs) ?? []).map(source => {
    if (source.startsWith('"')) return quoted(source, escaped, inDoubleQuotes);
    return raw(source, changed =>
      /^(?:-?[0-9]|true$|false$|null$)/.test(changed) && isJson(changed) ? changed : JSON.stringify(changed),
    );
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The yaml library's lexer says where scalars and comments are; what they mean is worked out here. */
function yamlPieces(text: string): Piece[] {
  const out: Piece[] = [];
  let isScalarNext = false;
  let isBlockNext = false;
  let depth = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme === '\x02' || lexeme === '\x18') continue;
    if (lexeme === '\x1f') {
      isScalarNext = true;
      continue;
    }
    if (isScalarNext) {
      const flow = depth > 0;
      out.push(isBlockNext ? raw(lexeme) : raw(lexeme, changed => plainYaml(lexeme, changed, flow)));
      isBlockNext = false;
    } else {
      if (lexeme === '[' || lexeme === '{') depth++;
      if (lexeme === ']' || lexeme === '}') depth--;
      if (/^[|>]/.test(lexeme)) isBlockNext = true;
      out.push(yamlLexeme(lexeme));
    }
    isScalarNext = false;
  }
  if (out.map(piece => piece.source).join('') !== text) throw new Error('oracle: the yaml lexer lost text');
  return out;
}

function yamlLexeme(lexeme: string): Piece {
  if (lexeme.startsWith('"')) return quoted(lexeme, rest => fold(rest) ?? escaped(rest), inDoubleQuotes);
  if (!lexeme.startsWith("'")) return raw(lexeme);
  const doubled = (rest: string) => (rest.startsWith("''") ? { length: 2, means: "'" } : fold(rest));
  return quoted(lexeme, doubled, put => put.replaceAll("'", "''"));
}

/** A plain scalar that would become another value or type is put in double quotes. */
function plainYaml(before: string, after: string, flow: boolean): string {
  if (before.includes('\n')) return after;
  const meaning = (source: string): unknown => {
    const document = parseDocument(flow ? `[${source}]` : `- ${source}`);
    const items = (document.contents as { items?: unknown[] } | null)?.items ?? [];
    const only = items.length === 1 && document.errors.length === 0 ? items[0] : undefined;
    return isScalar(only) && only.type === 'PLAIN' && only.comment === undefined ? only.value : undefined;
  };
  const wasString = typeof meaning(before) === 'string';
  const stays = wasString ? meaning(after) === after : meaning(after) !== undefined;
  return stays ? after : JSON.stringify(after);
}

const TOML_TOKEN =
  /"""(?:[^\\]|\\.)*?"{3,5}|'''.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*|\r?\n|[=[\]{},]|[ \t]+|[^\s"'#=[\]{},]+|./gs;

/** TOML's tokens. A dotted key is several keys, each a scalar by itself; a bare value is one scalar. */
function tomlPieces(text: string): Piece[] {
  const out: Piece[] = [];
  const open: string[] = [];
  let isKey = true;
  for (const token of text.match(TOML_TOKEN) ?? []) {
    if (/^[\s#]/.test(token)) {
      if (token.endsWith('\n') && open.length === 0) isKey = true;
      out.push(raw(token));
    } else if (/^[=[\]{},]$/.test(token)) {
      if (token === '=') isKey = false;
      if (!isKey && token === '[') open.push('[');
      if (token === '{') open.push('{');
      if (token === '{') isKey = true;
      if (token === ']' || token === '}') open.pop();
      if (token === ']' || token === '}') isKey = false;
      if (token === ',') isKey = open.at(-1) === '{';
      out.push(raw(token));
    } else if (/^["']/.test(token)) {
      out.push(tomlString(token));
    } else {
      for (const part of isKey ? token.split(/(\.)/) : [token]) out.push(bareToml(part, isKey));
    }
  }
  return out;
}

function tomlString(token: string): Piece {
  if (token.startsWith('"')) return quoted(token, escaped, inDoubleQuotes);
  return quoted(
    token,
    () => undefined,
    put => {
      if (put.includes("'")) throw new Error('oracle: no quote fits into a TOML literal string');
      return put;
    },
  );
}

function bareToml(source: string, isKey: boolean): Piece {
  const plain = isKey ? /^[A-Za-z0-9_-]+$/ : /^(?:true|false|[+-]?(?:inf|nan)|[+-]?[0-9][0-9a-zA-Z_.:+-]*)$/;
  return raw(source, changed => (plain.test(changed) ? changed : JSON.stringify(changed)));
}
