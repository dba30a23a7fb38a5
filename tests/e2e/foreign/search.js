// A client in another language that knows nothing of the schema: it asks the gateway by reflection, then searches.
//
//   node search.js HOST:PORT CATALOG TEXT
//
// Prints {"services": [...], "response": {...}} as JSON.
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const path = require('path');
const { FileDescriptorSet, FileDescriptorProto } = require('protobufjs/ext/descriptor');

const [address, catalog, text] = process.argv.slice(2);
const credentials = grpc.credentials.createInsecure();
const OPTIONS = { keepCase: true, longs: String, enums: String, defaults: false };

const proto = path.join(
  path.dirname(require.resolve('@grpc/reflection/package.json')),
  'build/proto/grpc/reflection/v1alpha/reflection.proto'
);
const { ServerReflection } = grpc.loadPackageDefinition(loader.loadSync(proto, OPTIONS)).grpc.reflection.v1alpha;
const reflection = new ServerReflection(address, credentials);

function ask(request) {
  return new Promise((resolve, reject) => {
    const stream = reflection.ServerReflectionInfo();
    stream.on('data', (reply) => { resolve(reply); stream.end(); });
    stream.on('error', reject);
    stream.write({ host: '', ...request });
  });
}

async function filesOf(symbol) {
  const files = new Map();
  const add = async (request) => {
    const reply = await ask(request);
    for (const bytes of reply.file_descriptor_response.file_descriptor_proto) {
      const file = FileDescriptorProto.decode(bytes);
      if (files.has(file.name)) continue;
      files.set(file.name, file);
      for (const name of file.dependency) if (!files.has(name)) await add({ file_by_filename: name });
    }
  };
  await add({ file_containing_symbol: symbol });
  return [...files.values()];
}

async function main() {
  const services = (await ask({ list_services: '' })).list_services_response.service.map((s) => s.name);
  const set = FileDescriptorSet.create({ file: await filesOf('triptych.v1.ProductSearchService') });
  const definition = loader.loadFileDescriptorSetFromBuffer(
    Buffer.from(FileDescriptorSet.encode(set).finish()), OPTIONS
  );
  const { ProductSearchService } = grpc.loadPackageDefinition(definition).triptych.v1;
  const client = new ProductSearchService(address, credentials);
  client.SearchProducts({ catalog, parts: [{ text }], page_size: 3 }, { deadline: Date.now() + 20000 }, (error, response) => {
    if (error) { console.error(error); process.exit(1); }
    console.log(JSON.stringify({ services, response }));
    process.exit(0);
  });
}

main().catch((error) => { console.error(error); process.exit(1); });
