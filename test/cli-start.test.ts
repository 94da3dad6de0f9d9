import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commandsIn, put, temporaryFolder } from './spillway.ts'

/** What is in the memory of a command's own process, which writes its map when it ends. */

const folder = temporaryFolder()
const hook = put(
  folder,
  'hook.mjs',
  `import { readFileSync, writeFileSync } from 'node:fs'
process.on('exit', () => writeFileSync('${folder}/' + process.pid + '.maps', readFileSync('/proc/self/maps')))`,
)
const { start } = commandsIn(folder, { flags: ['--import', hook] })

async function memoryOf(...args: string[]): Promise<string> {
  const { child, ended } = start(args)
  const { code, stderr } = await ended
  expect(code, stderr).toBe(0)
  return readFileSync(join(folder, `${child.pid}.maps`), 'utf8')
}

const onLinux = test.runIf(process.platform === 'linux')

onLinux('simulate has no ONNX Runtime in its process', async () => {
  const short = ['--set', 'duration_s=2', '--set', 'warmup_s=0', '--set', 'slo={}']
  const memory = await memoryOf('simulate', 'first', '--replications', '2', ...short)
  expect(memory).toContain(process.execPath)
  expect(memory).not.toMatch(/onnxruntime/i)
})

onLinux('doctor has it, as it lists what ONNX Runtime supports', async () => {
  expect(await memoryOf('doctor')).toMatch(/onnxruntime/i)
})
