import { regionLawOf } from './law.ts';

regionLawOf('yaml', {
  value: 60,
  comment: 60,
  'comment added': 60,
  'line added': 60,
  'line removed': 60,
  'entry in a list': 60,
});
