import type { MarkdownRenderer } from 'vitepress'
import { headingText } from './headings.ts'

/**
 * A marked place in a heading, `## <a id="x"></a>Title`, moves before the heading. VitePress takes
 * a heading apart at its first `<a`, for the titles of search results.
 */
export function headingAnchors(md: MarkdownRenderer): void {
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
