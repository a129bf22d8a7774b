import { lawOf } from './law.ts';

lawOf('toml');
