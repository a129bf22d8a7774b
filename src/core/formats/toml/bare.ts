/** What stands in TOML without quotes: keys, numbers, dates, times, true and false. */
import { numberAsSpelled } from '../json/bare.ts';

const KEY = /^[A-Za-z0-9_-]+$/;
const INTEGER = /^(?:[+-]?(?:0|[1-9][0-9]*)|0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+)$/;
const FLOAT = /^[+-]?(?:inf|nan|(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;
/** An underscore may part two digits. */
const GAP = /(?<=[0-9])_(?=[0-9])/g;
const HEX_GAP = /(?<=[0-9A-Fa-f])_(?=[0-9A-Fa-f])/g;
// Since TOML 1.1 the seconds may be left out.
const DATE_TIME =
  /^(?:(\d{4})-(\d\d)-(\d\d))?(?:(^|[Tt ])(\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?([Zz]|[+-]\d\d:\d\d)?)?$/;

export function isBareKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * The value of a bare word, or undefined where TOML has no such word. Dates, and numbers that
 * String(Number()) does not give back, are their source.
 */
export function bareValue(source: string): boolean | number | string | undefined {
  if (source === 'true' || source === 'false') return source === 'true';
  const digits = source.replace(source.startsWith('0x') ? HEX_GAP : GAP, '');
  if (INTEGER.test(digits) || FLOAT.test(digits)) return numberAsSpelled(source);
  return isDateTime(source) ? source : undefined;
}

function isDateTime(source: string): boolean {
  const parts = DATE_TIME.exec(source);
  if (parts === null || source === '') return false;
  const [, year, month, day, , hour, minute, second, zone] = parts;
  if (year === undefined && zone !== undefined) return false;
  if (year !== undefined && !isDay(Number(year), Number(month), Number(day))) return false;
  // A leap second may stand.
  return Number(hour ?? 0) < 24 && Number(minute ?? 0) < 60 && Number(second ?? 0) < 61;
}

function isDay(year: number, month: number, day: number): boolean {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
  return day >= 1 && day <= days;
}
