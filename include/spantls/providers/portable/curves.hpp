// The curves P-256 and P-384 (FIPS 186-5; SP 800-186, section 3.2.1): y^2 = x^3 - 3x + b. Words are the lowest first.
#pragma once

#include <array>
#include <cstdint>

namespace spantls {
inline namespace v1 {
namespace portable {

struct p256 {
    struct prime {
        static constexpr std::array<std::uint64_t, 4> words{0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000,
                                                            0xffffffff00000001};
    };
    struct order {
        static constexpr std::array<std::uint64_t, 4> words{0xf3b9cac2fc632551, 0xbce6faada7179e84, 0xffffffffffffffff,
                                                            0xffffffff00000000};
    };
    using words = std::array<std::uint64_t, 4>;
    static constexpr words b{0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc, 0x5ac635d8aa3a93e7};
    /// Width of the windows of the generator's scalar: its table has 2^(width - 2) points.
    static constexpr unsigned generator_width = 7;
    /// G, 3G, 5G and so on, x and y, in the form that residue keeps.
    static constexpr std::array<std::array<words, 2>, 32> generator{{
        {{{0x79e730d418a9143c, 0x75ba95fc5fedb601, 0x79fb732b77622510, 0x18905f76a53755c6},
          {0xddf25357ce95560a, 0x8b4ab8e4ba19e45c, 0xd2e88688dd21f325, 0x8571ff1825885d85}}},
        {{{0xffac3f904eebc127, 0xb027f84a087d81fb, 0x66ad77dd87cbbc98, 0x26936a3fb6ff747e},
          {0xb04c5c1fc983a7eb, 0x583e47ad0861fe1a, 0x788208311a2ee98e, 0xd5f06a29e587cc07}}},
        {{{0xbe1b8aaec45c61f5, 0x90ec649a94b9537d, 0x941cb5aad076c20c, 0xc9079605890523c8},
          {0xeb309b4ae7ba4f10, 0x73c568efe5eb882b, 0x3540a9877e7a1f68, 0x73a076bb2dd1e916}}},
        {{{0x0746354ea0173b4f, 0x2bd20213d23c00f7, 0xf43eaab50c23bb08, 0x13ba5119c3123e03},
          {0x2847d0303f5b9d4d, 0x6742f2f25da67bdd, 0xef933bdc77c94195, 0xeaedd9156e240867}}},
        {{{0x75c96e8f264e20e8, 0xabe6bfed59a7a841, 0x2cc09c0444c8eb00, 0xe05b3080f0c4e16b},
          {0x1eb7777aa45f3314, 0x56af7bedce5d45e3, 0x2b6e019a88b12f1a, 0x086659cdfd835f9b}}},
        {{{0xea7d260a6245e404, 0x9de407956e7fdfe0, 0x1ff3a4158dac1ab5, 0x3e7090f1649c9073},
          {0x1a7685612b944e88, 0x250f939ee57f61c8, 0x0c0daa891ead643d, 0x68930023e125b88e}}},
        {{{0xccc425634b2ed709, 0x0e356769856fd30d, 0xbcbcd43f559e9811, 0x738477ac5395b759},
          {0x35752b90c00ee17f, 0x68748390742ed2e3, 0x7cd06422bd1f5bc1, 0xfbc08769c9e7b797}}},
        {{{0x72bcd8b7bc60055b, 0x03cc23ee56e27e4b, 0xee337424e4819370, 0xe2aa0e430ad3da09},
          {0x40b8524f6383c45d, 0xd766355442a41b25, 0x64efa6de778a4797, 0x2042170a7079adf4}}},
        {{{0x97091dcbd53c5c9d, 0xf17624b6ac0a177b, 0xb0f139752cfe2dff, 0xc1a35c0a6c7a574e},
          {0x227d314693e79987, 0x0575bf30e89cb80e, 0x2f4e247f0d1883bb, 0xebd512263274c3d0}}},
        {{{0xfea912baa5659ae8, 0x68363aba25e1a16e, 0xb8842277752c41ac, 0xfe545c282897c3fc},
          {0x2d36e9e7dc4c696b, 0x5806244afba977c5, 0x85665e9be39508c1, 0xf720ee256d12597b}}},
        {{{0x562e4cecc135b208, 0x74e1b2654783f47d, 0x6d2a506c5a3f3b30, 0xecead9f4c16762fc},
          {0xf29dd4b2e286e5b9, 0x1b0fadc083bb3c61, 0x7a75023e7fac29a4, 0xc086d5f1c9477fa3}}},
        {{{0xf4f876532de45068, 0x37c7a7e89e2e1f6e, 0xd0825fa2a3584069, 0xaf2cea7c1727bf42},
          {0x0360a4fb9e4785a9, 0xe5fda49c27299f4a, 0x48068e1371ac2f71, 0x83d0687b9077666f}}},
        {{{0xa4a319acd837879f, 0x6fc1b49eed6b67b0, 0xe395993332f1f3af, 0x966742eb65432a2e},
          {0x4b8dc9feb4966228, 0x96cc631243f43950, 0x12068859c9b731ee, 0x7b948dc356f79968}}},
        {{{0x042c2af497e2feb4, 0xd36a42d7aebf7313, 0x49d2c9eb084ffdd7, 0x9f8aa54b2ef7c76a},
          {0x9200b7ba09895e70, 0x3bd0c66fddb7fb58, 0x2d97d10878eb4cbb, 0x2d431068d84bde31}}},
        {{{0x5e5db46acb66e132, 0xf1be963a0d925880, 0x944a70270317b9e2, 0xe266f95948603d48},
          {0x98db66735c208899, 0x90472447a2fb18a3, 0x8a966939777c619f, 0x3798142a2a3be21b}}},
        {{{0xe2f73c696755ff89, 0xdd3cf7e7473017e6, 0x8ef5689d3cf7600d, 0x948dc4f8b1fc87b4},
          {0xd9e9fe814ea53299, 0x2d921ca298eb6028, 0xfaecedfd0c9803fc, 0xf38ae8914d7b4745}}},
        {{{0x871514560f664534, 0x85ceae7c4b68f103, 0xac09c4ae65578ab9, 0x33ec6868f044b10c},
          {0x6ac4832b3a8ec1f1, 0x5509d1285847d5ef, 0xf909604f763f1574, 0xb16c4303c32f63c4}}},
        {{{0xfd16847fdec67ef5, 0x742ee464233e76b7, 0x0b8e4134efc2b4c8, 0xca640b8642a3e521},
          {0x653a01908ceb6aa9, 0x313c300c547852d5, 0x24e4ab126b237af7, 0x2ba901628bb47af8}}},
        {{{0x00467bc58cce08b5, 0xb636458c7f178d55, 0xc5748baea677d806, 0x2763a387dfa394eb},
          {0xa12b448a7d3cebb6, 0xe7adda3e6f20d850, 0xf63ebce51558462c, 0x58b36143620088a8}}},
        {{{0xa9d89488a059c142, 0x6f5ae714ff0b9346, 0x068f237d16fb3664, 0x5853e4c4363186ac},
          {0xe2d87d2363c52f98, 0x2ec4a76681828876, 0x47b864fae14e7b1c, 0x0c0bc0e569192408}}},
        {{{0x624d60492ed22e91, 0x6fdfe0b56f072822, 0xeeca111539ce2271, 0x98100a4fdb01614f},
          {0xb6b0daa2a35c628f, 0xb6f94d2ec87e9a47, 0xc67732591d57d9ce, 0xf70bfeec03884a7b}}},
        {{{0x4ff23ffd248a7d06, 0x80c5bfb4878873fa, 0xb7d9ad9005745981, 0x179c85db3db01994},
          {0xba41b06261a6966c, 0x4d82d052eadce5a8, 0x9e91cd3ba5e6a318, 0x47795f4f95b2dda0}}},
        {{{0x1ee426ccd5cd79bf, 0x0032940b946c6e18, 0x1b1e8ae057477f58, 0xe94f7d346d823278},
          {0xc747cb96782ba21a, 0xc5254469f72b33a5, 0x772ef6dec7f80c81, 0xd73acbfe2cd9e6b5}}},
        {{{0x283c7513caa76097, 0x0a624fa936c83906, 0x6b20afec715af2c7, 0x4b969974eba78bfd},
          {0x220755ccd921d60e, 0x9b944e107baeca13, 0x04819d515ded93d4, 0x9bbff86e6dddfd27}}},
        {{{0x21950b421ff6acd3, 0xffe7048453dc6909, 0xff4cd0b228766127, 0xabdbe6084fb7db2b},
          {0x837c92285e1109e8, 0x26147d27f4645b5a, 0x4d78f592f7818ed8, 0xd394077ef247fa36}}},
        {{{0x508cec1c3b3f64c9, 0xe20bc0ba1e5edf3f, 0xda1deb852f4318d4, 0xd20ebe0d5c3fa443},
          {0x370b4ea773241ea3, 0x61f1511c5e1a5f65, 0x99a5e23d82681c62, 0xd731e383a2f54c2d}}},
        {{{0x97359638546c4d8d, 0x5f9c3fc492f24679, 0x912e8beda8c8acd9, 0xec3a318d306634b0},
          {0x80167f41c31cb264, 0x3db82f6f522113f2, 0xb155bcd2dcafe197, 0xfba1da5943465283}}},
        {{{0x258bbbf9e7305683, 0x31eea5bf07ef5be6, 0x0deb0e4a46c814c1, 0x5cee8449a7b730dd},
          {0xeab495c5a0182bde, 0xee759f879e27a6b4, 0xc2cf6a6880e518ca, 0x25e8013ff14cf3f4}}},
        {{{0x3ec832e77acaca28, 0x1bfeea57c7385b29, 0x068212e3fd1eaf38, 0xc13298306acf8ccc},
          {0xb909f2db2aac9e59, 0x5748060db661782a, 0xc5ab2632c79b7a01, 0xda44c6c600017626}}},
        {{{0x69d44ed65c46aa8e, 0x2100d5d3a8d063d1, 0xcb9727eaa2d17c36, 0x4c2bab1b8add53b7},
          {0xa084e90c15426704, 0x778afcd3a837ebea, 0x6651f7017ce477f8, 0xa062499846fb7a8b}}},
        {{{0x3667eb1a7f4c04cc, 0x59556621a9404f84, 0x71cdf6537eceb50a, 0x994a44a69b8335fa},
          {0xd7faf819dbeb9b69, 0x473c5680eed4350d, 0xb6658466da44bba2, 0x0d1bc780872bdbf3}}},
        {{{0xb8d3d9319ff91fe5, 0x039c4800f0518eed, 0x95c376329182cb26, 0x0763a43482fc568d},
          {0x707c04d5383e76ba, 0xac98b930824e8197, 0x92bf7c8f91230de0, 0x90876a0140959b70}}},
    }};
};

struct p384 {
    struct prime {
        static constexpr std::array<std::uint64_t, 6> words{0x00000000ffffffff, 0xffffffff00000000, 0xfffffffffffffffe,
                                                            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff};
    };
    struct order {
        static constexpr std::array<std::uint64_t, 6> words{0xecec196accc52973, 0x581a0db248b0a77a, 0xc7634d81f4372ddf,
                                                            0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff};
    };
    using words = std::array<std::uint64_t, 6>;
    static constexpr words b{0x2a85c8edd3ec2aef, 0xc656398d8a2ed19d, 0x0314088f5013875a,
                             0x181d9c6efe814112, 0x988e056be3f82d19, 0xb3312fa7e23ee7e4};
    /// Width of the windows of the generator's scalar: its table has 2^(width - 2) points.
    static constexpr unsigned generator_width = 6;
    /// G, 3G, 5G and so on, x and y, in the form that residue keeps.
    static constexpr std::array<std::array<words, 2>, 16> generator{{
        {{{0x3dd0756649c0b528, 0x20e378e2a0d6ce38, 0x879c3afc541b4d6e, 0x6454868459a30eff, 0x812ff723614ede2b,
           0x4d3aadc2299e1513},
          {0x23043dad4b03a4fe, 0xa1bfa8bf7bb4a9ac, 0x8bade7562e83b050, 0xc6c3521968f4ffd9, 0xdd8002263969a840,
           0x2b78abc25a15c5e9}}},
        {{{0x05e4dbe6c1dc4073, 0xc54ea9fff04f779c, 0x6b2034e9a170ccf0, 0x3a48d732d51c6c3e, 0xe36f7e2d263aa470,
           0xd283fe68e7c1c3ac},
          {0x7e284821c04ee157, 0x92d789a77ae0e36d, 0x132663c04ef67446, 0x68012d5ad2e1d0b4, 0xf6db68b15102b339,
           0x465465fc983292af}}},
        {{{0xbb595eba68f1f0df, 0xc185c0cbcc873466, 0x7f1eb1b5293c703b, 0x60db2cf5aacc05e6, 0xc676b987e2e8e4c6,
           0xe1bb26b11d178ffb},
          {0x2b694ba07073fa21, 0x22c16e2e72f34566, 0x80b61b3101c35b99, 0x4b237faf982c0411, 0xe6c5944024de236d,
           0x4db1c9d6e209e4a3}}},
        {{{0xdf13b9d17d69222b, 0x4ce6415f874774b1, 0x731edcf8211faa95, 0x5f4215d1659753ed, 0xf893db589db2df55,
           0x932c9f811c89025b},
          {0x0996b2207706a61e, 0x135349d5a8641c79, 0x65aad76f50130844, 0x0ff37c0401fff780, 0xf57f238e693b0706,
           0xd90a16b6af6c9b3e}}},
        {{{0x2f5d200e2353b92f, 0xe35d87293fd7e4f9, 0x26094833a96d745d, 0xdc351dc13cbfff3f, 0x26d464c6dad54d6a,
           0x5cab1d1d53636c6a},
          {0xf2813072b18ec0b0, 0x3777e270d742aa2f, 0x27f061c7033ca7c2, 0xa6ecaccc68ead0d8, 0x7d9429f4ee69a754,
           0xe770633431e8f5c6}}},
        {{{0xc7708b19b68b8c7d, 0x4532077c44377aba, 0x0dcc67706cdad64f, 0x01b8bf56147b6602, 0xf8d89885f0561d79,
           0x9c19e9fc7ba9c437},
          {0x764eb146bdc4ba25, 0x604fe46bac144b83, 0x3ce813298a77e780, 0x2e070f36fe9e682e, 0x41821d0c3a53287a,
           0x9aa62f9f3533f918}}},
        {{{0x9b7aeb7e75ccbdfb, 0xb25e28c5f6749a95, 0x8a7a8e4633b7d4ae, 0xdb5203a8d9c1bd56, 0xd2657265ed22df97,
           0xb51c56e18cf23c94},
          {0xf4d394596c3d812d, 0xd8e88f1a87cae0c2, 0x789a2a48cf4d0fe3, 0xb7feac2dfec38d60, 0x81fdbd1c3b490ec3,
           0x4617adb7cc6979e1}}},
        {{{0x446ad8884709f4a9, 0x2b7210e2ec3dabd8, 0x83ccf19550e07b34, 0x59500917789b3075, 0x0fc01fd4eb085993,
           0xfb62d26f4903026b},
          {0x2309cc9d6fe989bb, 0x61609cbd144bd586, 0x4b23d3a0de06610c, 0xdddc2866d898f470, 0x8733fc41400c5797,
           0x5a68c6fed0bc2716}}},
        {{{0x8903e1304b4a3cd0, 0x3ea4ea4c8ff1f43e, 0xe6fc3f2af655a10d, 0x7be3737d524ffefc, 0x9f6928555330455e,
           0x524f166ee475ce70},
          {0x3fcc69cd6c12f055, 0x4e23b6ffd5b9c0da, 0x49ce6993336bf183, 0xf87d6d854a54504a, 0x25eb5df1b3c2677a,
           0xac37986f55b164c9}}},
        {{{0x82a2ed4abaa84c08, 0x22c4cc5f41a8c912, 0xca109c3b154aad5e, 0x23891298fc38538e, 0xb3b6639c539802ae,
           0xfa0f1f450390d706},
          {0x46b78e5db0dc21d0, 0xa8c72d3cc3da2eac, 0x9170b3786ff2f643, 0x3f5a799bb67f30c3, 0x15d1dc778264b672,
           0xa1d47b23e9577764}}},
        {{{0x08265e510422ce2f, 0x88e0d496dd2f9e21, 0x30128aa06177f75d, 0x2e59ab62bd9ebe69, 0x1b1a0f6c5df0e537,
           0xab16c626dac012b5},
          {0x8014214b008c5de7, 0xaa740a9e38f17bea, 0x262ebb498a149098, 0xb454111e8527cd59, 0x266ad15aacea5817,
           0x21824f411353ccba}}},
        {{{0xd1b4e74d12e3683b, 0x990ed20b569b8ef6, 0xb9d3dd25429c0a18, 0x1c75b8ab2a351783, 0x61e4ca2b905432f0,
           0x80826a69eea8f224},
          {0x7fc33a6bec52abad, 0x0bcca3f0a65e4813, 0x7ad8a132a527cebe, 0xf0138950eaf22c7e, 0x282d2437566718c1,
           0x9dfccb0de2212559}}},
        {{{0x1e93722758ce3b83, 0xbb280dfa3cb3fb36, 0x57d0f3d2e2be174a, 0x9bd51b99208abe1e, 0x3809ab50de248024,
           0xc29c6e2ca5bb7331},
          {0x9944fd2e61124f05, 0x83ccbc4e9009e391, 0x01628f059424a3cc, 0xd6a2f51dea8e4344, 0xda3e1a3d4cebc96e,
           0x1fe6fb42e97809dc}}},
        {{{0xa04482d2467d66e4, 0xcf1912934d78291d, 0x8e0d4168482396f9, 0x7228e2d5d18f14d0, 0x2f7e8d509c6a58fe,
           0xe8ca780e373e5aec},
          {0x42aad1d61b68e9f8, 0x58a6d7f569e2f8f4, 0xd779adfe31da1bea, 0x7d26540638c85a85, 0x67e67195d44d3cdf,
           0x17820a0bc5134ed7}}},
        {{{0x019d6ac5d3021470, 0x25846b66780443d6, 0xce3c15ed55c97647, 0x3dc22d490e3feb0f, 0x2065b7cba7df26e4,
           0xc8b00ae8187cea1f},
          {0x1a5284a0865dded3, 0x293c164920c83de2, 0xab178d26cce851b3, 0x8e6db10b404505fb, 0xf6f57e7190c82033,
           0x1d2a1c015977f16c}}},
        {{{0xa39c89317c8906a4, 0xb6e7ecdd9e821ee6, 0x2ecf8340f0df4fe6, 0xd42f7dc953c14965, 0x1afb51a3e3ba8285,
           0x6c07c4040a3305d1},
          {0xdab83288127fc1da, 0xbc0a699b374c4b08, 0x402a9bab42eb20dd, 0xd7dd464f045a7a1c, 0x5b3d0d6d36beecc4,
           0x475a3e756398a19d}}},
    }};
};

}  // namespace portable
}  // namespace v1
}  // namespace spantls
