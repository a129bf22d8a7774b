import { regionLawOf } from './law.ts';

regionLawOf('ini', {
  value: 80,
  comment: 80,
  'comment added': 80,
  'line added': 80,
  'line removed': 80,
  'entry in a list': 65,
});
