import fc from 'fast-check'
import pc from 'picocolors'
import { describe, expect, test, vi } from 'vitest'
import { comparisonText, resultText } from '../reports/index.ts'
import { sampleInput } from '../reports/sample-documents.test-helper.ts'
import { Failure, parseScenario } from '../scenarios/index.ts'
import { hostileText } from '../scenarios/parse/hostile-text.test-helper.ts'
import { report } from './commands/command.ts'
import { ProgressDisplay } from './commands/progress.ts'
import { documentText } from './folders/documents.ts'
import { err, errCommand, out, rendered, styled } from './terminal.ts'

const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const withoutBreaks = (text: string) => text.replace(/[\n\t]/g, '')

/** What is written to a stream meanwhile. */
function written(stream: 'stdout' | 'stderr', work: () => void): string {
  const write = vi.spyOn(process[stream], 'write').mockReturnValue(true)
  try {
    work()
    return write.mock.calls.map(([text]) => String(text)).join('')
  } finally {
    write.mockRestore()
  }
}

describe('no text can control the terminal', () => {
  test('beside our styles, in a list or alone', () => {
    fc.assert(
      fc.property(hostileText, hostileText, (one, two) => {
        expect(withoutBreaks(rendered([one, ['\n', two]]))).not.toMatch(HIDDEN)
        const [before, after] = pc.red('|').split('|') as [string, string]
        const red = rendered(styled('red', two))
        expect(red.startsWith(before) && red.endsWith(after)).toBe(true)
        const inside = red.slice(before.length, red.length - after.length)
        expect(withoutBreaks(inside)).not.toMatch(HIDDEN)
      }),
    )
  })

  test('nor a runner of continuous integration, by a line or a part of one', () => {
    const piece = fc.constantFrom(
      '::warning::',
      '##[error]',
      '##vso[x]',
      '\n',
      ' ',
      '\u00a0',
      ':',
      '#',
    )
    const texts = fc.array(fc.oneof(piece, hostileText), { maxLength: 6 })
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        const parts = [before.join(''), styled('red', after.join('')), after.join('')]
        for (const printed of [
          written('stdout', () => out(...parts)),
          written('stderr', () => err(...parts)),
          written('stderr', () => report(new Failure(before.join(''), 3, after.join('')))),
          written('stdout', () => out(documentText({ [before.join('')]: after.join('') }))),
        ]) {
          expect(printed).not.toMatch(/^\s*::|##[a-z]*\[/im)
        }
      }),
    )
    expect(written('stderr', () => errCommand('::error::a\n::error::b'))).toBe(
      '::error::a\\u{a}::error::b\n',
    )
  })

  test('in a problem, whose other lines do not look like problems', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const printed = written('stderr', () => report(new Failure([text, 'second'])))
        const plain = printed.replaceAll(pc.red('error'), 'error')
        expect(withoutBreaks(plain)).not.toMatch(HIDDEN)
        expect(plain.match(/^error: /gm)).toHaveLength(2)
      }),
    )
  })

  test('in a key of a scenario, or a value of one', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const scenario = JSON.stringify({ [`k${text}`]: 1, name: text, models: { [text]: text } })
        const printed = written('stderr', () => {
          try {
            parseScenario(scenario, { file: text })
          } catch (error) {
            if (!(error instanceof Failure)) throw error
            report(error)
          }
        })
        const plain = printed.replaceAll(pc.red('error'), 'error')
        expect(plain).toContain('error: ')
        expect(withoutBreaks(plain)).not.toMatch(HIDDEN)
      }),
    )
  })

  test('in a result or a comparison, and no line more than with plain names', () => {
    const printed = (name: string) => {
      const { simulated, comparison } = sampleInput({ name, pools: [name, `other${name}`] })
      simulated.warnings = [`w${name}`]
      simulated.profile = { name, hash: 'abcd' }
      for (const own of simulated.classes) own.name = name
      return [resultText(simulated), comparisonText(comparison)].map((text) => rendered(text))
    }
    const plain = printed('plain').map((text) => text.split('\n').length)
    fc.assert(
      fc.property(hostileText, (name) => {
        const texts = printed(name)
        for (const text of texts) expect(withoutBreaks(text)).not.toMatch(HIDDEN)
        expect(texts.map((text) => text.split('\n').length)).toEqual(plain)
      }),
      { numRuns: 30 },
    )
  })

  test('in a document, which reads back the same', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const document = { [`k${text}`]: text, list: [1, 2, text] }
        const printed = written('stdout', () => void out(documentText(document)))
        expect(withoutBreaks(printed)).not.toMatch(HIDDEN)
        expect(JSON.parse(printed)).toEqual(document)
      }),
    )
  })

  test.each([true, false])('in a phase of the progress (on a terminal: %s)', (isTTY) => {
    const was = process.stderr.isTTY
    process.stderr.isTTY = isTTY
    try {
      const printed = written('stderr', () => {
        const { update } = new ProgressDisplay()
        update('reading a\u001b[31m\u202e\u009b\nb', 1, 2)
        update('reading a\u001b[31m\u202e\u009b\nb', 2, 2)
        update('done', 1, 1)
      })
      expect(printed).toContain('reading a\\u{1b}[31m\\u{202e}\\u{9b}\\u{a}b')
      for (const raw of ['\u202e', '\u009b', '\u001b[31m']) expect(printed).not.toContain(raw)
    } finally {
      process.stderr.isTTY = was
    }
  })
})

describe('what cannot be written', () => {
  const refusal = (code: string, errno: number) => Object.assign(new Error(code), { code, errno })
  const refusing = (stream: 'stdout' | 'stderr', error: Error) =>
    vi.spyOn(process[stream], 'write').mockImplementation(() => {
      throw error
    })

  test('to stderr changes nothing', () => {
    refusing('stderr', refusal('ENOSPC', -28))
    expect(() => err('lost')).not.toThrow()
  })

  test('to stdout is a failure with its reason', () => {
    refusing('stdout', refusal('EIO', -5))
    expect(() => out('lost')).toThrow('stdout: cannot be written: i/o error (EIO)')
  })
})
