import { join } from 'node:path'
import { expect, test } from 'vitest'
import { put, temporaryFolder } from '../../test/spillway.ts'
import { beginStudy, readRecord, writeRecord } from './record.ts'

const folder = temporaryFolder()
const kills = { kills: 200, seed: 1, findings: 0 }

test('a record is read as it was written, and names code, day and machine', async () => {
  const begun = beginStudy('fuzz-kills')
  const written = await writeRecord(begun, kills, { folder })
  expect(readRecord('fuzz-kills', folder)).toEqual(written)
  expect(written).toMatchObject({
    study: 'fuzz-kills',
    command: 'npm run fuzz -- kills 500',
    transcribed: false,
    figures: kills,
  })
  expect(written.date).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(written.machine?.cores).toBeGreaterThan(0)
})

test('a study without a record has none', () => {
  expect(readRecord('bench', folder)).toBeNull()
})

test('a file that is not the record of its study is refused, with the key that is wrong', () => {
  put(folder, 'fuzz-inputs.json', JSON.stringify({ study: 'fuzz-inputs', figures: kills }))
  expect(() => readRecord('fuzz-inputs', folder)).toThrow(/fuzz-inputs\.json[\s\S]*figures/)
})

test('figures of another form are not written', async () => {
  const begun = beginStudy('fuzz-kills')
  const wrong = { ...kills, kills: 0.5 }
  await expect(writeRecord(begun, wrong, { folder: join(folder, 'new') })).rejects.toThrow(/kills/)
  expect(readRecord('fuzz-kills', join(folder, 'new'))).toBeNull()
})
