import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jsonSchema } from '../../src/config/schema.ts';
import { keysAt, type Shape } from '../../src/config/shape.ts';
import { nearest } from '../../src/config/suggest.ts';

const schema = jsonSchema() as Shape;

describe('the shipped schema', () => {
  it('is the generated one (node scripts/schema.js writes it)', () => {
    const shipped = readFileSync(new URL('../../warmspare.schema.json', import.meta.url), 'utf8');
    expect(shipped).toBe(`${JSON.stringify(schema, undefined, 2)}\n`);
  });

  it('describes every key', () => {
    const silent: string[] = [];
    const visit = (shape: Shape, path: string) => {
      for (const [key, inner] of Object.entries(shape.properties ?? {})) {
        if (!inner.description) silent.push(`${path}.${key}`);
        visit(inner, `${path}.${key}`);
      }
      for (const inner of [shape.items, shape.additionalProperties, ...(shape.anyOf ?? [])]) {
        if (typeof inner === 'object') visit(inner, `${path}.*`);
      }
    };
    visit(schema, '');
    expect(silent).toEqual([]);
  });

  it('refuses unknown keys at every level with fixed keys', () => {
    const open: string[] = [];
    const visit = (shape: Shape, path: string) => {
      if (shape.properties !== undefined && shape.additionalProperties !== false) open.push(path);
      for (const [key, inner] of Object.entries(shape.properties ?? {})) visit(inner, `${path}.${key}`);
      for (const inner of [shape.items, shape.additionalProperties, ...(shape.anyOf ?? [])]) {
        if (typeof inner === 'object') visit(inner, `${path}.*`);
      }
    };
    visit(schema, '');
    expect(open).toEqual([]);
  });

  it('knows the keys at a path through lists and free names', () => {
    expect(keysAt(schema, ['relationships', 'any', 'identity', 3])).toContain('primary');
    expect(keysAt(schema, ['relationships', 'any', 'files', 'x*'])).toEqual([
      'validate',
      'reload',
      'preserve',
      'rewrite',
      'apply',
      'format',
      'after',
    ]);
    expect(keysAt(schema, ['relationships'])).toEqual([]);
  });
});

describe('nearest', () => {
  it.each([
    ['inclde', 'include'],
    ['Include', 'include'],
    ['pth', 'path'],
    ['exclud', 'exclude'],
    ['xyzzy', undefined],
    ['a', undefined],
    ['pt', undefined],
  ])('%s -> %s', (word, meant) => {
    expect(nearest(word, ['include', 'exclude', 'path', 'b'])).toBe(meant);
  });
});
