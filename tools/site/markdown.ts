import { posix } from 'node:path'
import type { MarkdownOptions, MarkdownRenderer } from 'vitepress'
import { githubSlug, headingText } from './headings.ts'

type Shiki = Parameters<NonNullable<MarkdownOptions['shikiSetup']>>[0]
type Token = ReturnType<MarkdownRenderer['parse']>[number]

/** Markdown as GitHub shows it, so that a page has one text in both places. */
export function markdownOptions(repository: string | null): MarkdownOptions {
  return {
    anchor: { slugify: githubSlug },
    // braces at the end of a line are text
    attrs: { disable: true },
    shikiSetup: consoleLanguage,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    config(md) {
      md.disable('emoji')
      headingAnchors(md)
      plainText(md)
      codeRules(md)
      outsideLinks(md, repository)
    },
  }
}

/** Blocks of commands and their output: lines that begin with `$ ` are commands, in bold. */
async function consoleLanguage(shiki: Shiki): Promise<void> {
  const command = { 1: { name: 'comment' }, 2: { name: 'markup.bold' } }
  await shiki.loadLanguage({
    name: 'console',
    scopeName: 'text.console',
    patterns: [{ match: '^(\\$) (.*)$', captures: command }],
    repository: {},
  })
}

/**
 * A marked place in a heading, `## <a id="x"></a>Title`, moves before the heading. VitePress takes
 * a heading apart at its first `<a`, for the titles of search results.
 */
function headingAnchors(md: MarkdownRenderer): void {
  md.core.ruler.before('anchor', 'heading_anchors', ({ tokens, Token }) => {
    for (let i = tokens.length - 1; i > 0; i -= 1) {
      const [heading, inline] = [tokens[i - 1]!, tokens[i]!]
      if (heading.type !== 'heading_open' || inline.children === null) continue
      const isAnchor = ({ type, content }: { type: string; content: string }) =>
        type === 'html_inline' && /^<\/?a\b/.test(content)
      const anchors = inline.children.filter(isAnchor)
      inline.children = inline.children.filter((token) => !isAnchor(token))
      // the label of the link to the heading is made of it
      inline.content = headingText(inline.content)
      if (anchors.length === 0) continue
      const place = new Token('html_block', '', 0)
      place.content = `${anchors.map(({ content }) => content).join('')}\n`
      tokens.splice(i - 1, 0, place)
    }
  })
}

/**
 * VitePress compiles each page as a Vue template. Pages are written for GitHub, so all that a
 * template would take for its own is text here: braces, and tags that are not on this list.
 */
const INLINE = 'a|br|sub|sup|kbd|details|summary'
const ALLOWED = new RegExp(`^<(?:/?(?:${INLINE})(?=[\\s/>])|!--)`, 'i')
const BLOCK = /^<(?:\/?(?:details|summary)(?=[\s/>])|!--)/i

function plainText(md: MarkdownRenderer): void {
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
    md.renderer.rules[name] = (...args) => rule(...args).replaceAll('{', '&#123;')
  }
}

/** How code is shown, beyond its colours. */
function codeRules(md: MarkdownRenderer): void {
  // a block that begins with "yaml mine.yaml" is labelled with the name of the file
  const fence = md.renderer.rules.fence!
  md.renderer.rules.fence = (...args) => {
    const [tokens, index] = args
    const [, name] = /^\w+ ([\w-]+\.\w+)$/.exec(tokens[index]!.info.trim()) ?? []
    const block = fence(...args)
    return name === undefined ? block : block.replace(/(?<=<span class="lang">)[^<]*/, name)
  }

  // a block that is indented is one as well
  md.renderer.rules.code_block = (tokens, index, ...others) => {
    tokens[index]!.info = 'text'
    return md.renderer.rules.fence!(tokens, index, ...others)
  }

  // JSON without spaces would make its column of a table as wide as itself
  const inline = md.renderer.rules.code_inline!
  md.renderer.rules.code_inline = (...args) => inline(...args).replaceAll(/,(?=\S)/g, ',<wbr>')
}

/**
 * Links from pages to files that are no pages of the site lead to the repository, or become text
 * where it has no address.
 */
function outsideLinks(md: MarkdownRenderer, repository: string | null): void {
  md.core.ruler.push('outside_links', ({ tokens, env }) => {
    const { relativePath } = env as { relativePath: string }
    for (const block of tokens) {
      if (block.children === null) continue
      block.children = redirected(block.children, relativePath, repository)
    }
  })
}

function redirected(tokens: readonly Token[], page: string, repository: string | null): Token[] {
  // links do not nest
  let removed = false
  return tokens.filter((token) => {
    if (token.type === 'link_close' && removed) {
      removed = false
      return false
    }
    if (token.type !== 'link_open') return true
    const path = outsidePath(page, token.attrGet('href')!)
    if (path === null) return true
    removed = repository === null
    token.attrSet('href', `${repository}/blob/main/${path}`)
    return !removed
  })
}

/** The path in the repository, with its anchor; null for pages of the site and full addresses. */
function outsidePath(page: string, href: string): string | null {
  if (/^([a-z][a-z+.-]*:|#|\/)/i.test(href)) return null
  const [path, ...anchor] = href.split('#')
  const target = posix.join('docs', posix.dirname(page), path!)
  const isPage = /^docs\/(?!design\/).*\.md$/.test(target)
  return isPage ? null : [target, ...anchor].join('#')
}
