import { lawOf } from './law.ts';

lawOf('ini');
