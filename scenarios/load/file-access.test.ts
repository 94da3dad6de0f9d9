import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadAccelerator } from './accelerators.ts'
import { filesOpenedBy, isVisible, seeingOnly } from './file-access.ts'
import { readUserText } from './user-file.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spillway-file-access-')))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)

mkdirSync(at('below'))
mkdirSync(at('beside'))
for (const name of ['one', 'two', 'below/three']) writeFileSync(at(name), name)
symlinkSync(at('one'), at('to-one'))
symlinkSync(at('two'), at('to-two'))

const textOf = (name: string) => readUserText(at(name), 100)

describe('work that sees only some files', () => {
  const seen = <T>(work: () => T) => seeingOnly([at('one'), at('below/three')], work)

  test('reads them, by whatever name', async () => {
    expect(await seen(() => textOf('one'))).toBe('one')
    expect(await seen(() => textOf('to-one'))).toBe('one')
    expect(await seen(() => textOf('below/../below/three'))).toBe('below/three')
  })

  // without that, each of these could be read or would be refused for another reason
  test.each(['two', 'to-two', 'beside', 'a\0b', '../../../../../../etc/passwd'])(
    'learns of %j not even whether it is there',
    async (name) => {
      const refusal = (of: string) => seen(() => textOf(of)).catch((error: Error) => error)
      expect(await refusal(name)).toMatchObject({ message: 'no such file', missing: true })
      expect(await refusal(name)).toEqual(await refusal('none'))
      expect(seen(() => isVisible(at(name)))).toBe(false)
    },
  )

  test('sees the folders above them', () => {
    expect(seen(() => [isVisible(folder), isVisible(at('below')), isVisible('/')])).toEqual([
      true,
      true,
      true,
    ])
  })

  test('reads what ships', async () => {
    expect((await seen(() => loadAccelerator('t4', folder))).name).toBe('t4')
    const refused = seen(() => loadAccelerator('two', folder))
    await expect(refused).rejects.toThrow('two: cannot read the accelerator: no such file')
  })

  test('does not change what other work sees meanwhile', async () => {
    const [inside, outside] = await Promise.allSettled([seen(() => textOf('two')), textOf('two')])
    expect([inside.status, outside.status]).toEqual(['rejected', 'fulfilled'])
  })
})

test('files that were opened are listed once, without those that ship', async () => {
  const { result, files } = await filesOpenedBy(async () => {
    await textOf('none').catch(() => {})
    await loadAccelerator('t4', folder)
    return [await textOf('one'), await textOf('one'), await textOf('to-two')]
  })
  expect(result).toEqual(['one', 'one', 'two'])
  expect(files).toEqual([at('one'), at('to-two')])
})
