/**
 * What an administrator does to a configuration file, as data: plain operations on strings, anchored
 * on real lines of the file. An edit whose anchor is not there gives undefined.
 */
export type EditSort =
  | 'add'
  | 'delete'
  | 'rename'
  | 'change'
  | 'reorder'
  | 'comment'
  | 'identifier'
  | 'no-final-newline'
  | 'crlf';

export interface Edit {
  readonly name: string;
  readonly sort: EditSort;
  readonly apply: (text: string) => string | undefined;
}

/** Whole lines: from the one that holds `first` to the one that, from there on, holds `last`. */
export interface Lines {
  readonly first: string;
  readonly last: string;
}

export function lines(first: string, last: string = ''): Lines {
  return { first, last };
}

function find(text: string, { first, last }: Lines): { start: number; end: number } | undefined {
  const at = text.indexOf(first);
  if (at === -1) return undefined;
  const until = text.indexOf(last, at + first.length);
  if (until === -1) return undefined;
  const newline = text.indexOf('\n', until + last.length);
  return { start: text.lastIndexOf('\n', at) + 1, end: newline === -1 ? text.length : newline + 1 };
}

export function insertBefore(place: Lines, added: string): Edit['apply'] {
  return text => {
    const found = find(text, place);
    return found && text.slice(0, found.start) + added + text.slice(found.start);
  };
}

export function insertAfter(place: Lines, added: string): Edit['apply'] {
  return text => {
    const found = find(text, place);
    return found && text.slice(0, found.end) + added + text.slice(found.end);
  };
}

export function append(added: string): Edit['apply'] {
  return text => (text.endsWith('\n') ? text + added : undefined);
}

export function cut(place: Lines): Edit['apply'] {
  return text => {
    const found = find(text, place);
    return found && text.slice(0, found.start) + text.slice(found.end);
  };
}

/** Exchanges two stretches of lines; `upper` stands above `below`. */
export function exchange(upper: Lines, below: Lines): Edit['apply'] {
  return text => {
    const a = find(text, upper);
    const b = find(text, below);
    if (a === undefined || b === undefined || a.end > b.start) return undefined;
    const part = (start: number, end: number) => text.slice(start, end);
    return (
      part(0, a.start) +
      part(b.start, b.end) +
      part(a.end, b.start) +
      part(a.start, a.end) +
      part(b.end, text.length)
    );
  };
}

/** Writes `now` where `before` stands for the first time. */
export function put(before: string, now: string): Edit['apply'] {
  return text => {
    const at = text.indexOf(before);
    return at === -1 ? undefined : text.slice(0, at) + now + text.slice(at + before.length);
  };
}

/** Writes `now` wherever `before` stands. */
export function putAll(before: string, now: string): Edit['apply'] {
  return text => (text.includes(before) ? text.replaceAll(before, now) : undefined);
}

/** Taken away by an editor that does not write one. */
export const FINAL_NEWLINE: Edit = {
  name: 'the final newline is gone',
  sort: 'no-final-newline',
  apply: text => (text.endsWith('\n') ? text.replace(/\n+$/, '') : undefined),
};

export const CRLF: Edit = {
  name: 'saved with CRLF by an editor',
  sort: 'crlf',
  apply: text => (/[^\r]\n/.test(text) ? text.replaceAll(/\r?\n/g, '\r\n') : undefined),
};

export const edit = (sort: EditSort, name: string, apply: Edit['apply']): Edit => ({ name, sort, apply });
