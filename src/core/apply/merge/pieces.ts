import type { Document, Span } from '../../document.ts';

/**
 * A stretch of the merged text and where it came from. Residue needs this: an identifier of the
 * primary is right where replication put it (a swap), and wrong where a local edit did.
 */
export interface Piece {
  readonly from: 'next' | 'local' | 'glue';
  readonly text: string;
  /** Offset in the source document's text; of no meaning for glue. */
  readonly offset: number;
  /** For a local piece: what replication had put in its place, if anything. */
  readonly base: string;
}

/** Collects the merged text in order. */
export class Pieces {
  readonly list: Piece[] = [];
  /** What was appended last ended its file, without a line end; whatever begins a line must end that one first. */
  unended = false;
  private length = 0;

  constructor(
    readonly next: Document,
    readonly local: Document,
    readonly base: Document | undefined,
  ) {}

  get size(): number {
    return this.length;
  }

  takeNext(span: Span): void {
    this.push('next', this.next.text.slice(span.start, span.end), span.start, '');
    this.noteEnd(this.next, span);
  }

  takeLocal(span: Span, base?: Span): void {
    const was =
      base === undefined || this.base === undefined ? '' : this.base.text.slice(base.start, base.end);
    this.push('local', this.local.text.slice(span.start, span.end), span.start, was);
    this.noteEnd(this.local, span);
  }

  /** Lines merged from all three sides: a mixture, so accounted for as the backup's with its base. */
  merged(text: string, next: Span, local: Span, base?: Span): void {
    const was =
      base === undefined || this.base === undefined ? '' : this.base.text.slice(base.start, base.end);
    this.append({
      from: 'local',
      text,
      offset: local.start,
      base: was + this.next.text.slice(next.start, next.end),
    });
  }

  /** Comment lines of the backup's own that outlive the entry they stood at. */
  own(text: string, offset: number): void {
    this.append({ from: 'local', text, offset, base: '' });
  }

  glue(text: string): void {
    this.push('glue', text, 0, '');
  }

  text(): string {
    return this.list.map(piece => piece.text).join('');
  }

  endsWithNewline(): boolean {
    const last = this.list.at(-1);
    return last === undefined || last.text.endsWith('\n');
  }

  private noteEnd(document: Document, span: Span): void {
    if (span.end > span.start && span.end === document.text.length)
      this.unended = !document.text.endsWith('\n');
  }

  private push(from: Piece['from'], text: string, offset: number, base: string): void {
    this.append({ from, text, offset, base });
  }

  private append(piece: Piece): void {
    if (piece.text === '') return;
    this.unended = false;
    this.list.push(piece);
    this.length += piece.text.length;
  }
}
