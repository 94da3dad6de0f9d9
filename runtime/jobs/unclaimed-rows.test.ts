import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { prepare } from './prepare.ts'

const folder = mkdtempSync(join(tmpdir(), 'spillway-unclaimed-'))

test('rows of a trace that no class takes are named, with how to take them', async () => {
  writeFileSync(join(folder, 'log.csv'), 'ts,url\n1,/a\n2,/b\n3,/b\n4,/c\n')
  const path = join(folder, 's.yaml')
  const noted = async (classes: string) => {
    writeFileSync(
      path,
      `spillway: 1
name: classes
duration_s: 10
models: { m: { work: { law: constant, ms: 1 } } }
traffic: [${classes}]
pools: [{ name: p, model: m }]
`,
    )
    const notes: string[] = []
    await prepare(path, { onNote: (text) => notes.push(text) })
    return notes
  }
  const taking = (name: string, values: string) =>
    `{ class: ${name}, arrivals: { process: trace, file: log.csv, columns: { class: url }, class_values: [${values}] } }`
  const [guessed, ...left] = await noted(`${taking('a', '/a')}, ${taking('b', '/c')}`)
  expect(guessed).toContain('read as csv')
  expect(left).toEqual([
    'log.csv: 2 rows are in no class: those with url "/b"; class_values of a class take them',
  ])
  expect(await noted(`${taking('a', '/a, /b')}, ${taking('b', '/c')}`)).toHaveLength(1)
})
