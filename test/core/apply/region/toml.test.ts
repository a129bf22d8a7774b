import { regionLawOf } from './law.ts';

regionLawOf('toml', {
  value: 80,
  comment: 80,
  'comment added': 80,
  'line added': 80,
  'line removed': 60,
  'entry in a list': 80,
});
