import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Failure } from '../../scenarios/index.ts'
import { hasEnded, PROCESS_NAME } from './process-name.ts'
import { type ReplaceOptions, replaceFiles, settleFolder } from './replace-files.ts'
import { writableFolder, writeWhole } from './write-whole.ts'

/** A name on this host with a process id beyond the possible ones. */
const ENDED = PROCESS_NAME.replace(/-\d+-\d+$/, '-4194305-7')

const folder = () => mkdtempSync(join(tmpdir(), 'spillway-replace-'))

/** Every file below a folder with its content. */
function contentOf(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8', withFileTypes: true })
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(directory.length + 1), readFileSync(path, 'utf8')] as const)
      .sort(),
  )
}

const BEFORE = {
  'against/measured.json': 'old side',
  'measured.json': 'old',
  'mine.txt': 'mine',
  'replay-2.parquet': 'old rows',
  'scenario.json': 'old',
}

const AFTER = {
  'charts/tail.svg': 'new',
  'measured.json': 'new',
  'mine.txt': 'mine',
  'replay-1.parquet': 'new rows',
  'scenario.json': 'new',
}

function filled(): string {
  const directory = folder()
  mkdirSync(join(directory, 'against'))
  for (const [name, text] of Object.entries(BEFORE)) writeFileSync(join(directory, name), text)
  return directory
}

function change(directory: string, options: ReplaceOptions = {}): Promise<void> {
  return replaceFiles(
    directory,
    async (change) => {
      const side = change.below('against')
      for (const name of await side.names()) side.remove(name)
      for (const name of ['replay-1.parquet', 'replay-2.parquet']) change.remove(name)
      await change.write('scenario.json', 'a draft')
      await change.write('scenario.json', 'new')
      await change.write('measured.json', 'new')
      await change.write('replay-1.parquet', 'new rows')
      await change.below('charts').write('tail.svg', 'new')
    },
    options,
  )
}

/** Stops at step `last`, as a killed process does; false if the replacement ended before. */
async function killedAt(
  last: number,
  perform: (options: ReplaceOptions) => Promise<void>,
): Promise<boolean> {
  let steps = 0
  const killed = new Promise<true>((resolve) => {
    const step = () => {
      if (++steps < last) return Promise.resolve()
      resolve(true)
      return new Promise<void>(() => {})
    }
    perform({ process: ENDED, step }).then(
      () => resolve(true),
      () => resolve(true),
    )
  })
  await killed
  return steps >= last
}

describe('files that are replaced together', () => {
  test('are all replaced, and no other file of the folder is touched', async () => {
    const directory = filled()
    await change(directory)
    expect(contentOf(directory)).toEqual(AFTER)
    expect(readdirSync(directory)).not.toContain('against')
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('are all old or all new, at whatever step the process is killed', async () => {
    const found: string[] = []
    let last = 1
    for (; ; last++) {
      const directory = filled()
      if (!(await killedAt(last, (options) => change(directory, options)))) break
      await settleFolder(directory)
      const left = contentOf(directory)
      const after = 'charts/tail.svg' in left
      expect(left, `killed at step ${last}`).toEqual(after ? AFTER : BEFORE)
      expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
      found.push(after ? 'after' : 'before')
    }
    // each file has a step for staging and a step for moving; once all are new they stay new
    expect(last).toBeGreaterThan(14)
    expect(found).toEqual([...found].sort().reverse())
    expect(new Set(found).size).toBe(2)
  })

  test('are all old or all new if the finishing process is killed, too', async () => {
    for (let last = 1; ; last++) {
      const directory = filled()
      // the change is committed, and no file is moved yet
      const committed = 8
      expect(await killedAt(committed + 1, (options) => change(directory, options))).toBe(true)
      expect(readdirSync(directory)).toContain('.spillway-commit')
      const again = await killedAt(last, (options) => settleFolder(directory, options))
      await settleFolder(directory)
      expect(contentOf(directory), `killed at step ${last}`).toEqual(AFTER)
      if (!again) break
    }
  })

  test('are unchanged if writing fails', async () => {
    const directory = filled()
    const failing = replaceFiles(directory, async (change) => {
      await change.write('measured.json', 'new')
      throw new Failure('interrupted')
    })
    await expect(failing).rejects.toThrow('interrupted')
    expect(contentOf(directory)).toEqual(BEFORE)
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([])
  })

  test('wait until another change is finished, and are replaced after it', async () => {
    const directory = filled()
    const texts = ['one', 'two', 'three', 'four']
    await Promise.all(
      texts.map((text) =>
        replaceFiles(directory, async (change) => {
          await change.write('measured.json', text)
          await change.write('scenario.json', text)
        }),
      ),
    )
    const { 'measured.json': measured, 'scenario.json': scenario } = contentOf(directory)
    expect(measured).toBe(scenario)
    expect(texts).toContain(measured)
  })

  test('are refused beforehand if a folder has the name of one of them', async () => {
    const directory = filled()
    mkdirSync(join(directory, 'replay-1.parquet'))
    await expect(change(directory)).rejects.toThrow(
      `${join(directory, 'replay-1.parquet')}: cannot be written: a folder has this name`,
    )
    expect(contentOf(directory)).toEqual(BEFORE)
  })
})

describe('a change that another process began', () => {
  const record = (more: object) =>
    JSON.stringify({ process: ENDED, moves: [], removals: [], ...more })

  function begun(text: string): string {
    const directory = filled()
    mkdirSync(join(directory, '.spillway-commit'))
    writeFileSync(join(directory, '.spillway-commit/00000000.json'), text)
    writeFileSync(join(directory, '.spillway-commit/00000000-0'), 'strange')
    return directory
  }

  test.each([
    ['names a file above', record({ removals: ['../x'] })],
    ['moves a file above', record({ moves: [{ from: '00000000-0', to: '../x' }] })],
    ['moves a file from above', record({ moves: [{ from: '../x', to: 'x' }] })],
    ['moves a file to a hidden one', record({ moves: [{ from: '00000000-0', to: '.bashrc' }] })],
    ['is an absolute path', record({ moves: [{ from: '00000000-0', to: '/tmp/x' }] })],
    ['is no record', '{}'],
    ['is cut off', record({}).slice(0, 20)],
  ])('and that %s is refused', async (_, text) => {
    const directory = begun(text)
    await expect(settleFolder(directory)).rejects.toThrow(
      `${join(directory, '.spillway-commit')}: is not a change that spillway began; remove it`,
    )
    expect(contentOf(directory)).toMatchObject(BEFORE)
  })

  test('does not follow a link out of the folder', async () => {
    const elsewhere = folder()
    const directory = begun(record({ moves: [{ from: '00000000-0', to: 'charts/x' }] }))
    symlinkSync(elsewhere, join(directory, 'charts'))
    await expect(settleFolder(directory)).rejects.toThrow('is not a folder of')
    expect(existsSync(join(elsewhere, 'x'))).toBe(false)
  })
})

describe('leftovers', () => {
  test('of ended processes are removed, and no others', async () => {
    const directory = filled()
    const names = (process: string) => [
      `.spillway-${process}-00000000`,
      `measured.json.${process}-00000000.tmp`,
    ]
    const parent = PROCESS_NAME.replace(/-\d+-\d+$/, `-${process.ppid}-1`)
    for (const name of [...names(ENDED), ...names(PROCESS_NAME), ...names(parent)]) {
      writeFileSync(join(directory, name), '')
    }
    // a process with this number was started at another time
    expect(hasEnded(parent)).toBe(process.platform === 'linux')
    await settleFolder(directory)
    const left = readdirSync(directory).filter((name) => name.includes('00000000'))
    expect(left.sort()).toEqual(names(PROCESS_NAME).sort())
  })

  test('are removed when a command first looks at its folder, which it may never fill', async () => {
    const directory = filled()
    mkdirSync(join(directory, `.spillway-${ENDED}-00000000`))
    writeFileSync(join(directory, `.spillway-${ENDED}-00000000/00000000-0`), 'staged')
    const own = `.spillway-${PROCESS_NAME}-00000000`
    mkdirSync(join(directory, own))
    await writableFolder(directory)
    expect(readdirSync(directory).filter((name) => name.startsWith('.'))).toEqual([own])
    expect(contentOf(directory)).toEqual(BEFORE)
  })

  test('of a single file are removed when the file is written', async () => {
    const directory = folder()
    const path = join(directory, 'profile.json')
    writeFileSync(`${path}.${ENDED}-00000000.tmp`, 'half')
    writeFileSync(join(directory, `other.json.${ENDED}-00000000.tmp`), 'half')
    await writeWhole(path, 'whole')
    expect(readdirSync(directory).sort()).toEqual([
      `other.json.${ENDED}-00000000.tmp`,
      'profile.json',
    ])
  })
})
