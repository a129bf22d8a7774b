/** The oracle on the decoded scalars of json, yaml and toml; every case worked out by hand. */
import { describe, expect, test } from 'vitest';
import { type OracleFormat, type OraclePair, oracleRewrite } from './rules.ts';

describe('decoded values', () => {
  const mapping: OraclePair[] = [
    { kind: 'hostname', from: 'nas1', to: 'nas2' },
    { kind: 'text', from: 'rack 7', to: 'rack "8"' },
    { kind: 'serial', from: 'SN12', to: '12' },
    { kind: 'serial', from: '777', to: 'x-1' },
    { kind: 'path', from: '/a', to: '/b.c' },
    { kind: 'text', from: 'both', to: 'a,b' },
  ];
  const rows: readonly [OracleFormat, string, string][] = [
    ['json', '{"nas1": "\\u006eas1"}', '{"nas2": "nas2"}'],
    ['json', '["a\\nnas1", "\\tnas1", "a\\\\nas1"]', '["a\\nnas2", "\\tnas2", "a\\\\nas2"]'],
    ['json', '["\\u00e9nas1", "nas1\\ud840\\udc00"]', '["\\u00e9nas1", "nas1\\ud840\\udc00"]'],
    ['json', '["in rack 7", 777, "777", -777, 777.5]', '["in rack \\"8\\"", "x-1", "x-1", -777, 777.5]'],
    ['json', '["\\/a"]', '["/b.c"]'],
    ['json', '["x\\u0020nas1\\u002c"]', '["x\\u0020nas2\\u002c"]'],
    ['yaml', 'k: "\\x6eas1 \\u006Eas1 \\U0000006eas1"', 'k: "nas2 nas2 nas2"'],
    ['yaml', 'k: "a\\nnas1\\tnas1\\_nas1"', 'k: "a\\nnas2\\tnas2\\_nas2"'],
    ['yaml', 'k: "na\\\n  s1"', 'k: "nas2"'],
    ['yaml', 'k: "rack\n  7"', 'k: "rack \\"8\\""'],
    ['yaml', "k: 'it''s nas1 \\nas1'", "k: 'it''s nas2 \\nas2'"],
    ['yaml', 'nas1: SN12 # nas1 "\\nas1"', 'nas2: "12" # nas2 "\\nas2"'],
    ['yaml', '- nas1\n- [nas1, 777]\n', '- nas2\n- [nas2, x-1]\n'],
    ['yaml', 'k: |\n  \\nas1\n  "\\u006eas1"\n', 'k: |\n  \\nas2\n  "\\u006eas1"\n'],
    ['yaml', 'SN12: [SN12, "SN12"]', '"12": ["12", "12"]'],
    ['yaml', '- both\n- [both, {both: nas1}]', '- a,b\n- ["a,b", {"a,b": nas2}]'],
    ['yaml', "k: 'it\n  rack\n  7'", 'k: \'it\n  rack "8"\''],
    ['toml', 'k = [1.5, 777.5, 777]', 'k = [1.5, 777.5, "x-1"]'],
    ['toml', 'nas1 = "a\\nnas1"', 'nas2 = "a\\nnas2"'],
    ['toml', "nas1 = 'a\\nas1' # nas1", "nas2 = 'a\\nas2' # nas2"],
    ['toml', '[disks.nas1.x]\nnas1.y = 777', '[disks.nas2.x]\nnas2.y = "x-1"'],
    ['toml', 'k = "\\u006eas1 \\U0000006eas1"', 'k = "nas2 nas2"'],
    ['toml', 'k = """\na \\\n  nas1\\tnas1 "nas1\\"""""', 'k = """\na \\\n  nas2\\tnas2 "nas2\\"""""'],
    [
      'toml',
      'k = [ { nas1 = 1, b.nas1 = "nas1" },\n "nas1" ]',
      'k = [ { nas2 = 1, b.nas2 = "nas2" },\n "nas2" ]',
    ],
    ['toml', 'a = "nas1.x" # nas1.x', 'a = "nas1.x" # nas1.x'],
    ['ini', '[nas1]\r\n  k = \\u006eas1 nas1\t\r\n', '[nas2]\r\n  k = \\u006eas1 nas2\t\r\n'],
    ['block', 'a "nas1\\nnas1"', 'a "nas2\\nnas1"'],
  ];
  test.each(rows)('%s: %j becomes %j', (format, before, after) => {
    expect(oracleRewrite(before, format, mapping)).toBe(after);
  });
});

test('an IPv6 address as a YAML key is a scalar of its own', () => {
  const mapping: OraclePair[] = [{ kind: 'ipv6', from: 'fd00::1', to: 'fd00::2' }];
  expect(oracleRewrite('fd00::1: x', 'yaml', mapping)).toBe('fd00::2: x');
  expect(oracleRewrite('fd00::1: x', 'lines', mapping)).toBe('fd00::1: x');
});
