import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { QUICK } from './scenarios.ts'
import { commandsIn, filesIn, put, temporaryFolder } from './spillway.ts'

/** ONNX Runtime reports its use by default. It then writes into these folders. */

const folder = temporaryFolder()
const home = join(folder, 'home')
const temporary = join(folder, 'temporary')
mkdirSync(home)
mkdirSync(temporary)
const { run } = commandsIn(folder, {
  // other tests of this process may have set it
  under: ['env', '-u', 'ORT_DISABLE_TELEMETRY'],
  variables: { HOME: home, XDG_CACHE_HOME: join(home, '.cache'), TMPDIR: temporary },
})

test('what runs a model keeps and sends no reports of its use', async () => {
  put(folder, 'tiny.yaml', QUICK)
  const ended = await run('calibrate', 'tiny.yaml', '--seconds', '0.3')
  expect(ended.code, ended.stderr).toBe(0)
  expect(filesIn(home)).toEqual([])
  expect(readdirSync(temporary).filter((name) => name.startsWith('mat-'))).toEqual([])
})
