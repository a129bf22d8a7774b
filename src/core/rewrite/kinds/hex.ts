import { hexBoundary, uuidBoundary } from './boundary.ts';
import { type KindRules, type Layouts, spellLayouts } from './kind.ts';

const pairsOf = (digits: string, separator: string) => digits.match(/../g)!.join(separator);

/** Marks that may stand before a wwn; they are no part of it. */
const MARK = /^(?:wwn-0x|nn-0x|pn-0x|wwn-|nn-|pn-|naa\.|eui\.|0x)/i;

function hexKind(layoutsOf: (digits: string) => string[], bare: (written: string) => string | undefined) {
  const layouts = (written: string): Layouts => {
    const own = written.replace(MARK, '');
    const digits = bare(own)!.toLowerCase();
    return { written: own, layouts: layoutsOf(digits) };
  };
  return {
    canonical: (written: string) => bare(written.replace(MARK, ''))!.toLowerCase(),
    spellings: (from: string, to: string) => spellLayouts(layouts(from), layouts(to)),
  };
}

function macDigits(written: string): string | undefined {
  if (/^[0-9a-f]{12}$/i.test(written)) return written;
  const separated = /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(written);
  return separated ? written.replaceAll(/[:-]/g, '') : undefined;
}

export const mac: KindRules = {
  ...hexKind(digits => [digits, pairsOf(digits, ':'), pairsOf(digits, '-')], macDigits),
  problem: written =>
    macDigits(written) === undefined ? 'is no MAC address (six pairs of digits)' : undefined,
  boundary: hexBoundary,
};

function wwnDigits(written: string): string | undefined {
  if (/^(?:[0-9a-f]{16}){1,2}$/i.test(written)) return written;
  const separated = /^[0-9a-f]{2}(?::[0-9a-f]{2}){7}(?:(?::[0-9a-f]{2}){8})?$/i.test(written);
  return separated ? written.replaceAll(':', '') : undefined;
}

export const wwn: KindRules = {
  ...hexKind(digits => [digits, pairsOf(digits, ':')], wwnDigits),
  problem: written =>
    wwnDigits(written.replace(MARK, '')) === undefined
      ? 'is no WWN (16 or 32 hexadecimal digits; for another identifier of a disk use kind text)'
      : undefined,
  boundary: hexBoundary,
};

const HYPHENED = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;

function uuidDigits(written: string): string | undefined {
  if (/^[0-9a-f]{32}$/i.test(written)) return written;
  return HYPHENED.test(written) ? written.replaceAll('-', '') : undefined;
}

function hyphened(d: string): string {
  return [d.slice(0, 8), d.slice(8, 12), d.slice(12, 16), d.slice(16, 20), d.slice(20)].join('-');
}

export const uuid: KindRules = {
  ...hexKind(digits => [hyphened(digits), digits], uuidDigits),
  problem: written => (uuidDigits(written) === undefined ? 'is no UUID (32 hexadecimal digits)' : undefined),
  boundary: uuidBoundary,
};
