import { lawOf } from './law.ts';

lawOf('block');
