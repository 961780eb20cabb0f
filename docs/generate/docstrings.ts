import ts from 'typescript';
import { read } from './project.ts';

/**
 * The docstring of each member of a class or of an object constant in a source file, on one line.
 * @throws Error if the file has no declaration of that name, or a docstring has a tag, such as `@name`: its text would be lost.
 */
export function docstringsOf(file: string, declaration: string): Map<string, string> {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true);
  const members = membersOf(source, declaration);
  if (members === undefined) throw new Error(`${file} has no ${declaration}`);
  return new Map(
    members.flatMap((member) => {
      const name =
        member.name && (ts.isStringLiteral(member.name) ? member.name.text : member.name.getText());
      if (name === undefined) return [];
      const [tag] = ts.getJSDocTags(member);
      if (tag) throw new Error(`the docstring of ${name} in ${file} has the tag ${tag.getText()}`);
      return [[name, docstringOf(member)] as const];
    }),
  );
}

function membersOf(node: ts.Node, declaration: string): readonly Named[] | undefined {
  if (ts.isClassDeclaration(node) && node.name?.text === declaration) return [...node.members];
  if (ts.isVariableDeclaration(node) && node.name.getText() === declaration && node.initializer) {
    const object = objectIn(node.initializer);
    return object && [...object.properties];
  }
  return ts.forEachChild(node, (child) => membersOf(child, declaration));
}

type Named = ts.ClassElement | ts.ObjectLiteralElementLike;

/** The object literal below `as const satisfies …`. */
function objectIn(node: ts.Expression): ts.ObjectLiteralExpression | undefined {
  if (ts.isObjectLiteralExpression(node)) return node;
  return ts.isAsExpression(node) || ts.isSatisfiesExpression(node) ? objectIn(node.expression) : undefined;
}

function docstringOf(node: ts.Node): string {
  const comments = ts.getJSDocCommentsAndTags(node).filter((comment) => ts.isJSDoc(comment));
  return comments
    .map(({ comment }) => ts.getTextOfJSDocComment(comment)?.replaceAll(/\s*\n\s*/g, ' ') ?? '')
    .join(' ');
}
