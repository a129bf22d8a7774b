import { lawOf } from './law.ts';

lawOf('yaml');
