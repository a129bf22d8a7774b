/** What cannot stand in single quotes on one line: line breaks, control characters, lone surrogates. */
const NEEDS_ESCAPE = /[\0-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ufeff\p{Cs}]/u;

/** Short escapes; all else that needs one is written by its code. */
const SHORT: { readonly [character: string]: string } = {
  '\0': '\\0',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\f': '\\f',
  '\r': '\\r',
  '"': '\\"',
  '\\': '\\\\',
};

/** `text` as the inside of a double-quoted scalar on one line. */
export function escapeDouble(text: string): string {
  return text.replace(/[\0-\x1f"\\\x7f-\x9f\u2028\u2029\ufeff]|\p{Cs}/gu, character => {
    return SHORT[character] ?? '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0');
  });
}

export function fitsSingle(text: string): boolean {
  return !NEEDS_ESCAPE.test(text);
}

/** `text` as a quoted scalar on one line: in single quotes where they can hold it. */
export function quote(text: string): string {
  return fitsSingle(text) ? `'${text.replaceAll("'", "''")}'` : `"${escapeDouble(text)}"`;
}
