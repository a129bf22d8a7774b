import { Composer, CST, type Document, Lexer, Parser, type YAMLParseError } from 'yaml';
import { type Failure, placeAt } from '../../failure.ts';

/** Containers within containers. Real configuration files stay below 30. */
export const MAX_DEPTH = 256;

/**
 * How the library reads. Version 1.2 and its core schema whatever a %YAML directive says, tags
 * without effect on the value but for the core ones. Duplicate keys are looked for by ourselves: the
 * library compares each key with all the others, which takes quadratic time.
 */
export const READING = {
  keepSourceTokens: true,
  intAsBigInt: false,
  strict: true,
  uniqueKeys: false,
  merge: true,
  version: '1.2',
  schema: 'core',
  resolveKnownTags: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** What the library says about a text: its documents, and the tokens at the top of the stream. */
export interface Loaded {
  readonly documents: readonly Document.Parsed[];
  readonly tokens: readonly CST.Token[];
}

/** Reads a stream. Any mistake that the library finds is a Failure with its place. */
export function load(text: string, file?: string): Loaded | Failure {
  const tokens = tokenize(text, file);
  if ('failure' in tokens) return tokens;
  const documents = [...new Composer(READING).compose(tokens, true, text.length)] as Document.Parsed[];
  const errors = documents.flatMap(document => document.errors);
  const first = errors.sort((a, b) => a.pos[0] - b.pos[0])[0];
  if (first !== undefined) return failureOf(first, text, file);
  return repeatedVersion(tokens, text, file) ?? { documents, tokens };
}

/** The one mistake the library lets pass: a second %YAML for the same document. */
function repeatedVersion(
  tokens: readonly CST.Token[],
  text: string,
  file: string | undefined,
): Failure | undefined {
  let seen = false;
  for (const token of tokens) {
    if (token.type === 'document') seen = false;
    if (token.type !== 'directive' || !token.source.startsWith('%YAML')) continue;
    if (seen) {
      const message = 'not valid YAML: a document has one %YAML directive';
      return { failure: 'syntax', message, at: placeAt(text, token.offset, file) };
    }
    seen = true;
  }
  return undefined;
}

/**
 * The lexer and the parser of the library work without recursion, only its composer does recurse. So
 * the depth is looked at between the two, while the tokens come: nothing deep is ever built.
 */
function tokenize(text: string, file: string | undefined): CST.Token[] | Failure {
  const tokens: CST.Token[] = [];
  const parser = new Parser();
  let offset = 0;
  for (const lexeme of new Lexer().lex(text.replace(BOM, '\n'))) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) return tooDeep(text, offset, file);
    if (!isMark(lexeme)) offset += lexeme.length;
  }
  tokens.push(...parser.end());
  return tokens;
}

/**
 * The library counts a byte-order mark as a column of its line, and so takes the second item of a list
 * for a less indented one. An empty line in its place keeps every offset and every column right.
 */
const BOM = /^\ufeff/;

/** The lexer's marks stand for no text. */
function isMark(lexeme: string): boolean {
  return lexeme === CST.DOCUMENT || lexeme === CST.FLOW_END || lexeme === CST.SCALAR;
}

function tooDeep(text: string, offset: number, file: string | undefined): Failure {
  return {
    failure: 'too-deep',
    message: `more than ${MAX_DEPTH} collections stand within each other`,
    at: placeAt(text, Math.min(offset, text.length), file),
  };
}

function failureOf(error: YAMLParseError, text: string, file: string | undefined): Failure {
  const at = placeAt(text, Math.min(error.pos[0], text.length), file);
  if (error.code === 'RESOURCE_EXHAUSTION') return { ...tooDeep(text, 0, file), at };
  const said = error.message.replace(/^[A-Z](?=[a-z ])/, letter => letter.toLowerCase());
  return { failure: 'syntax', message: `not valid YAML: ${said}`, at };
}
