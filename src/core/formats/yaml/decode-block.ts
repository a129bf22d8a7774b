import { type Decoded, Units } from './decode.ts';

interface Line {
  readonly indent: number;
  /** Without indentation and line end. */
  readonly content: string;
  /** Offset of the line, and of its end before the line break. */
  readonly start: number;
  readonly end: number;
}

interface Header {
  readonly folded: boolean;
  readonly chomp: string;
  readonly indent: number;
  readonly length: number;
}

/**
 * A block scalar, `source` with its header, standing at `offset`. `parentIndent` is what an
 * indentation indicator counts from. The text after the last line break, if any, is its last line.
 */
export function decodeBlock(source: string, offset: number, parentIndent: number): Decoded {
  const header = headerOf(source);
  let lines = linesOf(source.slice(header.length), offset + header.length);
  const units = new Units();
  const end = offset + source.length;
  const first = lines.findIndex(line => line.content !== '');
  if (first === -1) {
    const kept = header.chomp === '+' ? lines.slice(0, Math.max(1, lines.length - 1)) : [];
    for (const [index, line] of kept.entries()) units.written('\n', line.end, lines[index + 1]?.start ?? end);
    return units.done(end);
  }
  const indent = header.indent === 0 ? lines[first]!.indent : parentIndent + header.indent;
  lines = withoutOutdented(lines, indent);
  const filled = lines.findLastIndex(line => line.content !== '') + 1;
  // Blank lines longer than the indentation hold blanks of the value, and so count as filled.
  const last = lines.findLastIndex(line => line.indent > indent) + 1;
  const body = lines.slice(0, Math.max(filled, last));
  if (header.folded) folded(units, body, indent, first);
  else literal(units, body, indent);
  chomp(units, header.chomp, lines, body.length, indent);
  return { ...units.done(end), indent };
}

function headerOf(source: string): Header {
  const line = source.indexOf('\n');
  const [indicators = ''] = /^[|>][-+0-9]*/.exec(source) ?? [];
  return {
    folded: source.startsWith('>'),
    chomp: /[-+]/.exec(indicators)?.[0] ?? '',
    indent: Number(/[0-9]/.exec(indicators)?.[0] ?? 0),
    length: line === -1 ? source.length : line + 1,
  };
}

function linesOf(body: string, offset: number): Line[] {
  if (body === '') return [];
  let at = offset;
  return body.split('\n').map(line => {
    const start = at;
    const indent = /^ */.exec(line)![0].length;
    const content = line.slice(indent).replace(/\r$/, '');
    at += line.length + 1;
    return { indent, content, start, end: start + indent + content.length };
  });
}

/** A less indented line ends the scalar. No parser gives one; an edit of the source can make one. */
function withoutOutdented(lines: Line[], indent: number): Line[] {
  const outdented = lines.findIndex(line => line.content !== '' && line.indent < indent);
  return outdented === -1 ? lines : lines.slice(0, outdented);
}

/** What of a line belongs to the value. */
function put(units: Units, line: Line, indent: number): void {
  const kept = Math.min(indent, line.indent);
  units.raw(' '.repeat(line.indent - kept) + line.content, line.start + kept);
}

function literal(units: Units, lines: readonly Line[], indent: number): void {
  for (const [index, line] of lines.entries()) {
    put(units, line, indent);
    const next = lines[index + 1];
    if (next !== undefined) units.written('\n', line.end, next.start);
  }
}

/** Line breaks between two lines fold, unless one of them is indented further. */
function folded(units: Units, lines: readonly Line[], indent: number, first: number): void {
  let separator = '';
  let foldAt = lines[0]!.start;
  let wasIndented = false;
  for (const [index, line] of lines.entries()) {
    const isIndented = line.indent > indent || line.content.startsWith('\t');
    if (index < first) {
      put(units, line, indent);
      units.written('\n', line.end, lines[index + 1]!.start);
      continue;
    }
    if (!isIndented && line.content === '') {
      if (separator === '\n') units.written('\n', foldAt, foldAt);
      else separator = '\n';
      continue;
    }
    if (isIndented && separator === ' ') separator = '\n';
    else if (isIndented && !wasIndented && separator === '\n') separator = '\n\n';
    units.written(separator, foldAt, line.start);
    put(units, line, indent);
    foldAt = line.end;
    separator = isIndented ? '\n' : ' ';
    wasIndented = isIndented;
  }
}

function chomp(units: Units, how: string, lines: readonly Line[], from: number, indent: number): void {
  if (how === '-') return;
  const before = lines[from - 1]!;
  if (how === '') {
    units.written('\n', before.end, lines[from]?.start ?? before.end);
    return;
  }
  for (const [index, line] of lines.slice(from).entries()) {
    units.written('\n', lines[from + index - 1]!.end, line.start);
    put(units, { ...line, content: '' }, indent);
  }
  if (units.last !== '\n') units.written('\n', before.end, before.end);
}
