import { Document, isCollection, isSeq, visit } from 'yaml'

/** A traffic section as in a scenario file, a list entry on one line. */
export function trafficYaml(classes: readonly object[]): string {
  const document = new Document({ traffic: classes })
  visit(document, {
    Collection: (_, node, path) => {
      const around = path.filter(isCollection)
      // the class itself is an entry of the list of classes
      node.flow = around.length > 2 && isSeq(around.at(-1))
    },
  })
  return document.toString({ lineWidth: 0 })
}
