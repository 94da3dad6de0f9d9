import { posix } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

type Token = ReturnType<MarkdownRenderer['parse']>[number]

/**
 * Links from pages to files that are no pages of the site lead to the repository, or become text
 * where it has no address.
 */
export function outsideLinks(md: MarkdownRenderer, repository: string | null): void {
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
