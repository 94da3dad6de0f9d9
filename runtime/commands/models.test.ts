import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, test, vi } from 'vitest'
import { EXIT, starterScenario } from '../../scenarios/index.ts'
import { asCall } from '../call.ts'
import { withFolder } from '../models/reference.test-helper.ts'
import { define } from './models.ts'

/** What the command writes; its problems where it ends with another exit code than 0. */
async function printed(...args: readonly string[]): Promise<string> {
  const program = new Command('spillway').exitOverride()
  define(program.command('models'))
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const complain = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  try {
    const code = await asCall([], process, async (call) => {
      await program.parseAsync(['models', 'build', ...args], { from: 'user' })
      return call.exitCode
    })
    const of = code === EXIT.ok ? write : complain
    return of.mock.calls.map(([text]) => text).join('')
  } finally {
    write.mockRestore()
    complain.mockRestore()
  }
}

describe('models build', () => {
  test('builds each precision of a kind and prints one document', async () => {
    await withFolder(async (folder) => {
      const size = ['--layers', '1', '--width', '8', '--seed', '5']
      const rest = ['--precision', 'fp32,int8', '--out', folder, '--json']
      const text = await printed('mlp', ...size, ...rest)
      const { models } = JSON.parse(text) as { models: { path: string; precision: string }[] }
      expect(models.map((model) => model.precision)).toEqual(['fp32', 'int8'])
      expect(models[0]!.path).toContain(join(folder, 'mlp-1x8-fp32-seed5'))
    })
  })

  test('builds what the pools of a scenario use', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'scenario.yaml')
      writeFileSync(file, starterScenario())
      const small = ['--set', 'models.yardstick.width=8', '--set', 'models.yardstick.layers=1']
      const half = ['--set', 'pools.central.precision=fp16']
      const text = await printed(file, ...small, ...half, '--out', folder)
      expect(text.split('\n')).toHaveLength(2)
      expect(text).toMatch(/^yardstick +fp16 +0\.00 MB {2}[0-9a-f]{16} {2}.*mlp-1x8-fp16-/)
    })
  })

  test('refuses what is no model, all problems at once', async () => {
    expect(await printed('mpl')).toContain('got mpl; did you mean mlp?')
    const wrong = await printed('mlp', '--layers', 'many', '--heads', '3', '--precision', 'fp33')
    expect(wrong).toContain('mlp --layers: expected a whole number')
    expect(wrong).toContain('mlp --heads: unknown key; expected one of')
    expect(wrong).toContain('did you mean fp32?')
    await withFolder(async (folder) => {
      const file = join(folder, 'scenario.yaml')
      writeFileSync(file, starterScenario())
      const misplaced = await printed(file, '--layers', '3')
      expect(misplaced).toContain('remove --layers: built-in kinds take it, a scenario takes --set')
    })
  })
})
