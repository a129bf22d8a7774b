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
  /** Where `base` begins in the text that was replicated last; 0 when absent. */
  readonly baseAt?: number;
  /** For lines merged from both sides: the primary's, and where they begin in its text. */
  readonly next?: { readonly text: string; readonly offset: number };
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
    this.append({
      from: 'next',
      text: this.next.text.slice(span.start, span.end),
      offset: span.start,
      base: '',
    });
    this.noteEnd(this.next, span);
  }

  takeLocal(span: Span, base?: Span): void {
    const text = this.local.text.slice(span.start, span.end);
    this.append({ from: 'local', text, offset: span.start, ...this.baseOf(base) });
    this.noteEnd(this.local, span);
  }

  /** Lines merged from all three sides. */
  merged(text: string, next: Span, local: Span, base?: Span): void {
    const primary = { text: this.next.text.slice(next.start, next.end), offset: next.start };
    this.append({ from: 'local', text, offset: local.start, ...this.baseOf(base), next: primary });
  }

  /** Comment lines of the backup's own that outlive the entry they stood at. */
  own(text: string, offset: number): void {
    this.append({ from: 'local', text, offset, base: '' });
  }

  glue(text: string): void {
    this.append({ from: 'glue', text, offset: 0, base: '' });
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

  private baseOf(span: Span | undefined): { base: string; baseAt: number } {
    if (span === undefined || this.base === undefined) return { base: '', baseAt: 0 };
    return { base: this.base.text.slice(span.start, span.end), baseAt: span.start };
  }

  private append(piece: Piece): void {
    if (piece.text === '') return;
    this.unended = false;
    this.list.push(piece);
    this.length += piece.text.length;
  }
}
