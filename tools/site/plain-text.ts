import type { MarkdownRenderer } from 'vitepress'

/**
 * VitePress compiles each page as a Vue template. Pages are written for GitHub, so all that a
 * template would take for its own is text here: braces, and tags that are not on this list.
 */
const INLINE = 'a|br|sub|sup|kbd|details|summary'
const ALLOWED = new RegExp(`^<(?:/?(?:${INLINE})(?=[\\s/>])|!--)`, 'i')
const BLOCK = /^<(?:\/?(?:details|summary)(?=[\s/>])|!--)/i

export function plainText(md: MarkdownRenderer): void {
  md.inline.ruler.before('html_inline', 'other_tags', (state, silent) => {
    if (state.src[state.pos] !== '<' || ALLOWED.test(state.src.slice(state.pos))) return false
    if (!silent) state.pending += '<'
    state.pos += 1
    return true
  })

  md.block.ruler.at(
    'html_block',
    (state, startLine, endLine, silent) => {
      const lineOf = (line: number) =>
        state.src.slice(state.bMarks[line]! + state.tShift[line]!, state.eMarks[line])
      const first = lineOf(startLine)
      if (!BLOCK.test(first)) return false
      if (silent) return true
      // a comment ends with its sign, other blocks at an empty line
      const isLast = first.startsWith('<!--')
        ? (line: number) => lineOf(line).includes('-->')
        : (line: number) => line + 1 === endLine || state.isEmpty(line + 1)
      let last = startLine
      while (last + 1 < endLine && !isLast(last)) last += 1
      state.line = last + 1
      const token = state.push('html_block', '', 0)
      token.map = [startLine, state.line]
      token.content = state.getLines(startLine, state.line, state.blkIndent, true)
      return true
    },
    { alt: ['paragraph', 'reference', 'blockquote'] },
  )

  // the character reference is decoded after the search for interpolations
  for (const name of ['text', 'code_inline', 'html_inline', 'html_block'] as const) {
    const rule = md.renderer.rules[name]!
    md.renderer.rules[name] = (...given) => rule(...given).replaceAll('{', '&#123;')
  }
}
