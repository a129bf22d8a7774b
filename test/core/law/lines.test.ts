import { lawOf } from './law.ts';

lawOf('lines');
