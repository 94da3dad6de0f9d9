import { afterEach, describe, expect, test, vi } from 'vitest'
import { EXIT, type ExitCode, Failure } from '../../scenarios/index.ts'
import { asCall } from '../call.ts'
import { hostFingerprint } from '../live/host.ts'
import { version } from '../version.ts'
import {
  action,
  collect,
  commandLine,
  folder,
  positiveNumber,
  report,
  warn,
  wholeNumber,
} from './command.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Runs an action as a command; returns its exit code. */
const act = (perform: (signal: AbortSignal) => Promise<ExitCode>) =>
  asCall([], process, async (call) => {
    await action(perform)()
    return call.exitCode
  })

const stderr = () => {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  return lines
}

describe('options', () => {
  test('whole numbers are digits, and large enough', () => {
    expect(['1', '007', '80'].map(wholeNumber(1))).toEqual([1, 7, 80])
    for (const text of ['0', '-1', '1.5', '1e3', '', 'x', ' 1']) {
      expect(() => wholeNumber(1)(text)).toThrow(`at least 1, got ${text}.`)
    }
  })

  test('whole numbers have a limit', () => {
    expect(wholeNumber(1, 80)('80')).toBe(80)
    expect(() => wholeNumber(1, 80)('81')).toThrow('at most 80, got 81.')
  })

  test('positive numbers are finite and above 0', () => {
    expect(['1', '0.25', '1e3'].map(positiveNumber)).toEqual([1, 0.25, 1000])
    for (const text of ['0', '-1', 'Infinity', 'NaN', '', 'x']) {
      expect(() => positiveNumber(text)).toThrow('above 0')
    }
  })

  test('folders have a name', () => {
    expect(folder('.')).toBe('.')
    expect(() => folder('')).toThrow('--out: the path is empty')
  })

  test('that are repeated are collected in order', () => {
    expect(collect('c', collect('b', collect('a')))).toEqual(['a', 'b', 'c'])
  })
})

describe('an action', () => {
  test('sets the exit code', async () => {
    expect(await act(async () => EXIT.undecided)).toBe(EXIT.undecided)
  })

  test('prints each problem of a failure on a line, without a stack trace', async () => {
    const lines = stderr()
    const code = await act(async () => {
      throw new Failure(['one', 'two'], EXIT.notComparable)
    })
    expect(code).toBe(EXIT.notComparable)
    expect(lines).toHaveLength(2)
    expect(lines[1]).toMatch(/error.*: two\n$/)
    expect(lines.join('')).not.toContain('    at ')
  })

  test('prints what another program said below its problem, indented', () => {
    const lines = stderr()
    report(new Failure('it failed', EXIT.invalidInput, 'one\nerror: two'))
    expect(lines.join('')).toMatch(/error.*: it failed\n {2}one\n {2}error: two\n$/)
  })

  test('shows a line break of a name as one', () => {
    const lines = stderr()
    report(new Failure('a\nerror: b.yaml: no such file'))
    warn('a\nwarning: b')
    expect(lines.join('').split('\n')).toHaveLength(3)
    expect(lines.join('')).toContain('a\\u{a}error: b.yaml: no such file\n')
  })

  test('prints the stack of an internal error', () => {
    const lines = stderr()
    expect(report(new Error('oops'))).toBe(EXIT.internal)
    expect(lines.join('')).toMatch(/internal error.*oops\n\s+at /)
  })

  test('is aborted by Ctrl-C, which has no effect after its end', async () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as typeof process.exit)
    await act(async () => EXIT.ok)
    const before = process.listenerCount('SIGINT')
    let seen: boolean[] = []
    const code = await act(async (signal) => {
      seen = [signal.aborted]
      process.emit('SIGINT')
      seen.push(signal.aborted)
      return EXIT.ok
    })
    expect(seen).toEqual([false, true])
    expect(process.listenerCount('SIGINT')).toBe(before)
    process.emit('SIGINT', 'SIGINT')
    process.emit('SIGINT', 'SIGINT')
    expect(exit).not.toHaveBeenCalled()
    expect(code).toBe(EXIT.ok)
  })
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends an action', async (name) => {
  let aborted = false
  await act(async (signal) => {
    process.emit(name)
    aborted = signal.aborted
    return EXIT.ok
  })
  expect(aborted).toBe(true)
})

test('a terminal that hangs up twice leaves time for the clean-up, a second Ctrl-C does not', async () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as typeof process.exit)
  await act(async () => {
    process.emit('SIGHUP', 'SIGHUP')
    process.emit('SIGHUP', 'SIGHUP')
    expect(exit).not.toHaveBeenCalled()
    process.emit('SIGINT', 'SIGINT')
    return EXIT.ok
  })
  expect(exit).toHaveBeenCalledWith(EXIT.interrupted)
})

test('the command line can be pasted into a shell again', async () => {
  const words = ['run', 'a.yaml', '--set', "slo.web=['p(99) latency_ms < 1']"]
  const line = await asCall(words, process, async () => commandLine())
  expect(line).toBe("spillway run a.yaml --set 'slo.web=['\\''p(99) latency_ms < 1'\\'']'")
})

test('a host is described without its name, and a version is that of the package', () => {
  const host = hostFingerprint()
  expect(host.cores).toBeGreaterThan(0)
  expect(host.onnxruntime).toMatch(/^\d+\.\d+\.\d+/)
  expect(Object.keys(host).sort()).toEqual([
    'adapter',
    'cores',
    'cpu',
    'memory_gib',
    'node',
    'onnxruntime',
    'platform',
  ])
  expect(version()).toMatch(/^\d+\.\d+\.\d+/)
})
