import { lawOf } from './law.ts';

lawOf('json');
