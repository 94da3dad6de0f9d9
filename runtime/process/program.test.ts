import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EXIT } from '../../scenarios/light.ts'
import { temporaryFolder } from '../../test/spillway.ts'
import { runShell } from './program.ts'

test('a program that ignores SIGTERM is killed soon after an interruption', async () => {
  const interruption = new AbortController()
  const folder = temporaryFolder()
  const line = "trap '' TERM; : > begun; while :; do sleep 1; done"
  const ended = runShell(line, { cwd: folder, signal: interruption.signal })
  ended.catch(() => {})
  while (!existsSync(join(folder, 'begun'))) await wait(20)
  interruption.abort()
  await expect(ended).rejects.toMatchObject({ exitCode: EXIT.interrupted })
})
