// Asks AsyncAPI's own parser about a document and all it refers to: node asyncapi.mjs ../../schemas/asyncapi.yaml
// Prints what the parser has against it, then how many operations and messages it found; ends with 1 on any error.
import { Parser, fromFile } from "@asyncapi/parser";

const ERROR = 0;
const { document, diagnostics } = await fromFile(new Parser(), process.argv[2]).parse();
const errors = diagnostics.filter((one) => one.severity === ERROR);
for (const { code, message, path } of errors) {
  console.log(`${code} at ${path.join("/")}: ${message}`);
}
if (document === undefined || errors.length > 0) {
  process.exitCode = 1;
} else {
  console.log(`${document.operations().length} operations, ${document.messages().length} messages`);
}
