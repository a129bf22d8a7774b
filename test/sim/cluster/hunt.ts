import { play } from './run.ts';

const from = Number(process.argv[2] ?? 1);
const n = Number(process.argv[3] ?? 100);
const t = performance.now();
let bad = 0;
const faults: Record<string, number> = {};
let h = 0,
  e = 0;
for (let s = from; s < from + n; s++) {
  const o = play(s);
  h += o.handOvers;
  e += o.effects;
  for (const [k, v] of Object.entries(o.faults)) faults[k] = (faults[k] ?? 0) + v;
  if (o.violations.length > 0) {
    bad++;
    if (bad <= 8) console.log(s, o.violations.slice(0, 4));
    if (process.argv[4]) console.log(o.lines.join('\n'));
  }
}
console.log(
  n,
  'seeds',
  bad,
  'bad',
  ((performance.now() - t) / n).toFixed(1),
  'ms each',
  h,
  'rows',
  e,
  'effects',
  faults,
);
