import { expect, test } from 'vitest'
import type { Idle } from '../../sim/documents/index.ts'
import { idleText } from './idle-text.ts'

const idle: Idle = {
  ...({ document: 'spillway-idle', format: 1, version: '1.0.0', commit: null } as const),
  scenario: { name: 'yardstick', hash: 'abc', description: '' },
  host: {
    cpu: 'A processor',
    cores: 2,
    memory_gib: 8,
    platform: 'linux',
    node: 'v20',
    onnxruntime: '1',
    adapter: null,
  },
  seconds: 20,
  shapes: [
    {
      pool: 'central',
      ...{ size: 1, length: 1, back_to_back_ms: 0.2 },
      after: [
        { idle_ms: 0.1, ms: 0.21, busy: 0.68, factor: 1.05, low: 1.02, high: 1.081, passes: 300 },
        { idle_ms: 2, ms: 0.3, busy: 0.13, factor: 1.5, low: null, high: null, passes: 1 },
      ],
    },
    { pool: 'central', ...{ size: 4, length: 1, back_to_back_ms: 0.3 }, after: [] },
  ],
  warnings: ['few shapes'],
}

test('each shape has a table of what its batches take after each idle time', () => {
  const lines = idleText(idle).split('\n')
  expect(lines[0]).toBe('A processor, 2 cores: executors of yardstick after idle times, for 20 s')
  expect(lines).toContain('pool central, a single request at length 1: 0.2 ms back to back')
  expect(lines).toContain('pool central, a batch of 4 at length 1: 0.3 ms back to back')
  const row = (idleTime: string) =>
    lines
      .find((line) => line.trimStart().startsWith(idleTime))!
      .trim()
      .split(/ {2,}/)
  expect(row('0.1 ms')).toEqual(['0.1 ms', '0.21 ms', '68 %', '1.05 [1.02, 1.08]', '300 passes'])
  // one pass shows no scatter
  expect(row('2 ms')).toEqual(['2 ms', '0.3 ms', '13 %', '1.50', '1 pass'])
  expect(lines.at(-1)).toBe('warning: few shapes')
})
