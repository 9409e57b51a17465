// node run.js MODULE LIBSODIUM [ARGUMENT...]: runs a test program of node_program.cpp. LIBSODIUM is the directory of the
// npm package of that name.
'use strict';
const path = require('path');
const [file, directory, ...words] = process.argv.slice(2);

const sodium = require(path.resolve(directory));
sodium.ready.then(() => {
    const version = sodium.UTF8ToString(sodium._sodium_version_string());
    console.error(`# OpenSSL ${process.versions.openssl}, libsodium ${version}`);
    const library = (name, inputs, sizes) => {
        const room = (size) => sodium._malloc(size);
        const outputs = sizes.map(room);
        const copies = inputs.map((input) => {
            const at = room(input.length);
            sodium.HEAPU8.set(input, at);
            return at;
        });
        const status = sodium['_' + name](...outputs, ...copies);
        const results = outputs.map((at, i) => Buffer.from(sodium.HEAPU8.slice(at, at + sizes[i])));
        [...outputs, ...copies].forEach(sodium._free);
        return [status, results];
    };
    const loaded = {exports: {}};
    process.dlopen(loaded, path.resolve(file));
    process.exit(loaded.exports.run(words, library));
});
