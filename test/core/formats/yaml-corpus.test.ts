/** The YAML files of the corpus, read where they lie, beside the checkout. */
import { expect, it } from 'vitest';
import { applyEdits } from '../../../src/core/document.ts';
import { isFailure } from '../../../src/core/failure.ts';
import { yaml } from '../../../src/core/formats/yaml/index.ts';
import { corpusMissing, corpusSets, demandCorpus } from '../../corpus/sets.ts';
import { breachesOfTiling } from './tiling.ts';
import { breachesOfTrivia, libraryValue, plainValue } from './yaml-oracle.ts';

const sets = corpusSets().filter(set => /\.ya?ml$/.test(set.file));

it('the corpus holds four YAML files, where it is there at all', () => {
  demandCorpus(sentence => console.warn(sentence));
  expect(sets.length).toBe(corpusMissing() === undefined ? 4 : 0);
});

it.for(sets)('$name is covered to the last byte', ({ text }) => {
  const document = yaml.parse(text);
  if (isFailure(document)) throw new Error(document.message);
  expect(breachesOfTiling(document)).toEqual([]);
  expect(breachesOfTrivia(document)).toEqual([]);
  expect(plainValue(document)).toEqual(libraryValue(text));
});

it.for(sets)('every identifier in a scalar of $name is replaced in place', ({ text, mapping }) => {
  const document = yaml.parse(text);
  if (isFailure(document)) throw new Error(document.message);
  for (const { from, to } of mapping) {
    for (const [index, scalar] of document.scalars.entries()) {
      if (!scalar.text.includes(from)) continue;
      const edit = { offset: scalar.text.indexOf(from), length: from.length, content: to };
      const again = yaml.parse(applyEdits(text, yaml.respell(scalar, [edit], text)));
      if (isFailure(again)) throw new Error(again.message);
      expect(again.scalars[index]).toMatchObject({
        text: applyEdits(scalar.text, [edit]),
        isString: scalar.isString,
      });
    }
  }
});
