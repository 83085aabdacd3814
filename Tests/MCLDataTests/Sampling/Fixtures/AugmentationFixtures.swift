// swift-format-ignore-file
// Made by make_augmentation_fixtures.py with Pillow 12.3.0.

enum AugmentationFixtures {
  /// 24x18 RGB, base64.
  static let source = """
        /wAA/wAA/wAA/wAADAClOhvZRQDligDKcQDHKiuugxK3ehiocQDkiQDEZwCXpRGo1wGC5gB2vQCH2ABj3hRq/whh4yGI/wBg\
        /wAA/wAA/wAA/wAAOw/EVAreKBLOQSiyixXXZBizhSe9dwSuhACtmgGlnBCDliS2sQWE1QCO1xOFxQM+uxiM/wCTtAB88xxe\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AXjHqSCTXfCzMdAKiiCCcmwC5kTp+ojWGzReosReLuRqGzQBY5ABl3Aps/Q2B9jE5/whw\
        HTPrAB/mWRboAP8AAP8AAP8AAP8AWDL/NRKcRjOsajaoUD7dgBmjjzSObjGCnQCaihuG2CiNtClyyAxx/x1s1j1P/x12/0dP\
        AGHmADrVCjzNAP8AAP8AAP8AAAD/AAD/AAD/AAD/Xjyqll6PjDynoSWnhkSDZVSQnE1xmExwt1Bw6hhNvzsuwydg0zky/x5j\
        GEDDGDWwHz3MPC7GBieeUDObAAD/AAD/AAD/AAD/c0q5kHl1iHbGg1i3qDGCrUKL/3Nw0FmT3D9nzDE/9HVo/4Fi5lNa/0lw\
        AIbJFmrSBjrBH3flF4WaQkTJAAD/AAD/AAD///8A//8A//8A//8AhoSSmlyyhEKFtDREyD1bsERSylM6qVUw2nhs/2FO/2BS\
        D1LbJnXPSmadKGTYazucTWXKL12xZXudYWyl//8A//8A//8A//8Anlagjjmz1od8rG1tr2A4u2Zd2YE1w4Q2239g9Jtj1YM+\
        AHenRna5NWzlJXjaJbaUXZmcR36aR1OyH5aE//8A//8A//8AAAAAAAAAAAAAAAAAsId12oBu2nlMonFM6HdS1XJK2WUv/5M2\
        CVqzBZa5LYjQI5KaDnSuHKGYNXGhTZCuVm+6eXaAfqmNi4RgAAAAAAAAAAAAAAAAkJlB6Itvwp8r33Vq+IJO36pI+nw+5oUV\
        FofTLZGlIreJO5WUTJnALZm9P4iaV4uEP6eTh5GjcXJvdICBAAAAAAAAAAAA////////////////yXhW4IcV1Kpf/51MrZI7\
        Ha+7GamfAJCYTJvEPIR2OpGcVLefW4x/cot4bqiIiqF2sX1vi5h/jXl+e6Jb////////////////ynhTyKce1Zxb+sco+qUP\
        ALeTLsLCAK62Uct0AKinQb+EXbSmXpyrgqNxXNlqcaZwhsBkYco5faxtj6hf////////////////9Lo7678D/8wq7KMX/8wS\
        I8irD8GWOf+lAJZ2T9+uLcaLQL9fd7tqZZ18i8GVl8E0YLV5jKpSdahhlNM8kMpkv9hxxMUa29lEutQp5soE8dcY5Lhaz78Q\
        lJSULS0tVFRUzc3NQEBALy8vHtxnXrFBYNuQfctpjsdkg9tGlsNSfs5mnrxahpNmtewq4cQxxsI92sMjzL4g1NcN8KYC/6oA\
        6enpxcXFuLi4np6e0NDQcXFxaPFJM+idVPhxI/87g8p/mbpZd9SIYc87nd9arM5stdhAnukfo9QYxrYZ7usf+tEb//8T//88\
        09PTMDAw8/PzYWFh4+PjWlpaTe+BVt9tPe9nQfpGYt9jiv9Vlf8tjf9EgPciuORBsN4vsf8avv8Yt+ku4ecJw8sM9fM+4dgM\
        VFRUlZWVl5eXS0tLSEhIfX19Nf92O/9fQPN0Vv9Kav9Pcf9ffP8kpP87jP9H0OIZs+cE8f8b++0S5f8p29Mo+fsA2twA//8A
        """

  /// What Pillow makes of it.
  static let small: [(steps: [FixtureStep], width: Int, height: Int, pixels: String)] = [
    ([.resize(3, 2, 17, 13, 11, 9)], 11, 9, """
        AP8AAP8AJa1hTybOayKzeh+vkSKYmyuMsBWUvxl90QhmAvMKA94fDk+4GQzjPCXGeEerjzChhDaMkjiEsj55zSZjHl+fJkyd\
        BQf2DAz0Y1Wppo5wl3KemkWTv1J2y05zzjtOMGfEP1K+KDrRWF+p9vcJ//8AxK5Um1eisFpouFJQx2NEKYO6Qo2gRnGmW4+F\
        3+YfwsMQJh8RHxAfeVlJzX5dwXhMLY6jKpGsQoadVomgeomJZGpcAAAAHh4eqaiP5sak2ZhyQpqhO5mbUp6VZpeCeKB/iohs\
        ZG5YiZd4////////47OUK7eLNr2RWLKMcal9eL1serdhebFZncJy3+3D6uyw5NNobKCSNXpZQ71aacJ3iMZogshWh75bkLxZ\
        qMlPz8s0zsov
        """),
    ([.resize(1, 1, 8, 7, 20, 15)], 20, 15, """
        /wAA/wAA/wAA/wAA/wAA/wAA6wEUnQhiTw6wQg7MTQvWUAvcPg7WLBHQLxnGOiG6SCa2Zh/FhBfTixXX/wAA/wAA/wAA/wAA\
        8A8A2yQAvDQQfjlOPz6NNT6jPjyrQDywMj6rI0GmKzusPDG2TCjAYiHLeBrUfhjX/wAA/wAA/wAA/wAAzDMAiHcATqoHNK0h\
        Gq87Fq9EGq5HG65JFa9HD7BFIolxP1WrVS3XWSfYXSDXXh/X3QQf3gQf4wQf6AMfo04WRbQJAP8AAP8AAP8AAP8AAP8AAP8A\
        AP8AAP8AHMFHQW+mWzDqUSreSCPSRSLPZhOKaxKKgRCLlg6LbVZhL7cqAP8AAP8AAP8AAP8AAP8AAP8AAP8AAP8AG8JKQG+t\
        WC/wTCbWPxu6PRm0ACHlCCDlKh3mSxnmOl6hGbpFAP8AAP8AAP8AAP8AAP8AAP0CAPcJAPAPGLVYOmi4Tyz2QiDRNBSsMRGj\
        AC3dBS3cGCzbKivaIWqYDr9BAP8AAP8AAP8AAP8AAP8AAPINALtEAIR7DFurHTTcKBb6IRDoGgrVGQjRADrVATrUBTvRCTzO\
        B3aQA8U9AP8AAP8AAP8AAP8AAP8AAOYZAICAABnmAAD/AAD/AAD/AAD/AAD/AAD/CzjEDDjFEDrIEzzMFlqrGYB+Gp1bD5xT\
        BZtMDZxJG55JIpBaE1CkBBDtAAD/AAD/AAD/AAD/AAD/AAD/FjWyFza1Gjm/HTzJJj3GMDy/Mzu1HzmmCjaXGjmTNj2SQzqc\
        JSHIBwb0AAD/AAD/AAD/AAD/AAD/AAD/F0q+F0m/FkPDFT3HHUHLKEbPLUvNH0y4EE2iH0ehOD+oQzS1JR3WCAb3AAD/AAD/\
        AAD/AAD/AAD/AAD/FmPNFV/MEE/ICz/EEUnMHF7YIW7aHHO+FnihI2mnNlK3PTvJIiHhBwf5AAD/AAD/AAD/AAD/AAD/AAD/\
        G27RG2rOHFvDHUy4HlTCIWXTJHDaK2++MW2hOWSpQFe7QErMKzfXFSTiFSLjHCbgIinfISfgICThICThI3PQJnHLMGi6Ol+p\
        NmC1LWXKLGXUQVm7VU2iVlCqT1i8R1zJOFTGKU3BMlK8RFu1UWKxT120Tle2Tla3JnXPKnTKOG62RmeiQGWvMmXGL2DSSlC6\
        ZD+iYkiqVli8SmTIPmG+Ml6zP2arVXKjZXqeY3ShYW2kYWyl
        """),
    ([.resize(0, 0, 24, 18, 24, 10)], 24, 10, """
        /wAA/wAA/wAA7RIAHxmnQSTMNBrLaBXCeQzPSSOygxq4ehCqfADJkQWygguNoRquxASD3AKByQiD0QFTzxV5/wV50BR9+g1g\
        uBBJrwpIywdJMM8AC9IlENEqCNMnVzDmTxzFZyq9dBmpcyS0jgiwki2KkS2EtBKmpRWIyBqKxxBp1QRh4RNy8Rp17CJZ/R9i\
        DE7fBjLQIjPTDs4vAcwlE88kADzDFQz/DAToEAzrZj6thF2biEGtljWliDuDgzyRr0p2tEd/v0Nu2xtS20JK1kFc4jlL/zJh\
        CmbLGlzHG0O+Kl3ZIVqcSEW7CRHwExftEhTur69Q08Y63NUl2tQ+im6gnEijoE+FylJZxkxmwElbzVE7xWhD5nxn9WhW919Y\
        B2a+L3nDOWrFJnTSPH2bTYGwN2iqT2SuPXif7u4Q7/QS8fAMcHAARClFPxtOWTc3q3poy3FZyXNPwXZG2HtF2X5U6nxG7Ig3\
        DnS+HZGwJ5e1L5CiK4uuLJynPYCdUYacSIuhjpR+ip9vk5FhCQoICQgICAoGcHBwxcOb8Lyu4MSMznZd6oU22aJS+IpA1Y4n\
        E6qzI6yrBqGfSqmiLJOTOqGbU62gW5GObZh7bbOEfppzmJNvZItRbnJhaoZL////////////////141M16kU4q5M97Qp7a4Y\
        NbigHZ6IMsSWQ6+KOa2SMqF0P8Nya7Fwa61+fcmBjLxNccFohLdMebJllcNLqMqJzOaC2dJV391uz8os4cUK7dQa6a825r0N\
        ysrKenp6pKSkoaGhp6enWFhYTOpdR9V3U+15Re5LgM1xj9FShtdmcthKmNlQosBitN82t+Iks9YkycQg4dwb5NIU+OEW+d0g\
        lZWVbW1twcHBWlpalJSUbW1tQ/d4RvBpQPJuSf1HaO5bf/pahvwvlfw/iPk4w+EwsuIb0P0b2/MVz/Aq390a4uMH6Ogc8u4J
        """),
    ([.resize(5, 0, 19, 18, 7, 18)], 7, 18, """
        VgjZYRK8dw7AiASq0AOC3Aht8RFxQxXNbxvAgQuwmg+awgqKzwtz2Ap6HbtLZSfHihakqSiRwBKB4Adq+BleGrlLSS6yajC1\
        hCKOsh2G2R9s9TFhAEi3Fg7sgUGlh0GQnUtzyzFO2i1LFw7jGhLtfmOqpkqV2lZ741Zb9F5jExPwh4d47u4UnGuFtT5Xv1ZF\
        72VUSWiytLxN8ugWr2mLuGxXzHxE4YxUSn2encNGlpYAEQ0LrW5YzHVO5Hc6N4akaIGaTlRDDg4GqH5G4opR7oo2QJCeZJCP\
        RUpKUlJS/Pf13qJp25tHUZ6Tc5h+lo14q7ab/Pf12Kpp7bAsWbCZbbV4dLxcq8iS/vvz9c1R9rsYS71xfLV0fLNfj8RVv9BF\
        19Eh4cMuOKFSccxsic5Wk7xaw8g40sQj6rUHXMtsS+1ofctnkdZZqtox09Mb/PIiUcFvTO5dgfhKlvMztfEmx+kZ4uEfTNly\
        T/tceP9Fo/Yw3fET6e4d7O0D
        """),
    ([.resize(0, 0, 24, 18, 1, 1)], 1, 1, """
        hoF0
        """),
    ([.brightness(0.6)], 24, 18, """
        mQAAmQAAmQAAmQAABwBjIhCCKQCJUgB5QwB3GRloTgptSQ5kQwCIUgB1PQBaYwpkgQBOigBGcQBRgQA7hQw/mQQ6iBNRmQA5\
        mQAAmQAAmQAAmQAAIwl1MgaFGAp7JxhqUwyBPA5rTxdxRwJoTwBnXABjXQlOWhVtagNPfwBVgQtPdgElcA5UmQBYbABKkRA4\
        mQAAmQAAmQAAAJkAAJkAAJkAAJkAOB2MKxWBShp6RQFhURNdXQBvVyJLYR9Qew1kag1Tbw9QewA0iAA8hAZAlwdNkx0imQRD\
        ER6NABKKNQ2LAJkAAJkAAJkAAJkANB6ZHwpdKh5nPyBkMCWETA9hVR9VQh1OXgBcUhBQgRhUbBhEeAdDmRFAgCQvmRFGmSov\
        ADqKACJ/BiR7AJkAAJkAAJkAAACZAACZAACZAACZOCRmWjhVVCRkYBZkUChOPDJWXS5DWy1DbTBDjA4uciMbdRc5fiIemRI7\
        DiZ1Dh9pEiR6JBt2AxdeMB5dAACZAACZAACZAACZRSxvVkhGUUZ2TjRtZB1OZydTmUVDfDVYhCU9eh0lkkY+mU06ijE2mStD\
        AFB4DT9+AyJzEkeJDU9cJyh4AACZAACZAACZmZkAmZkAmZkAmZkAUE9XXDdqTydPbB8oeCQ2aSgxeTEiZTMcgkhAmToumTkx\
        CTGDFkZ8LD1eGDyBQCNdLjx5HDdqPEleOkBjmZkAmZkAmZkAmZkAXjNgVSJrgFFKZ0FBaTkhcD03gk0fdU8gg0w5kl07f04l\
        AEdkKkZvH0CJFkiCFm1YN1tdKktcKjFqElpPmZkAmZkAmZkAAAAAAAAAAAAAAAAAaVFGgkxCgkgtYUMti0cxf0QsgjwcmVgg\
        BTZrA1pvG1F8FVdcCEVoEGBbH0NgLlZoM0JvSEZMS2VUU085AAAAAAAAAAAAAAAAVlsni1NCdF8ZhUY/lE4uhWYrlkolik8M\
        DVF+G1djFG1SI1lYLVtzG1txJVFcNFNPJWRYUVdhQ0RCRUxNAAAAAAAAAAAAmZmZmZmZmZmZmZmZeEgzhlEMf2Y5mV4tZ1cj\
        EWlwD2VfAFZbLV11JE9GIlddMm1fNlRMRFNIQmRRUmBGaktCU1tMVEhLSWE2mZmZmZmZmZmZmZmZeUgxeGQSf102lncYlmMJ\
        AG1YG3R0AGhtMHlFAGRkJ3JPN2xjOF1mTmFDN4I/Q2NDUHM8OnkiS2dBVWQ5mZmZmZmZmZmZmZmZkm8jjXIBmXoZjWENmXoK\
        FXhmCXNaIpljAFpGL4VoG3ZTJnI5R3A/PF5KU3NZWnMfOWxIVGYxRmQ6WH4kVnk8coFDdXYPg4Iob38YinkCkIEOiG42fHIJ\
        WFhYGxsbMjIye3t7JiYmHBwcEoQ9OGonOYNWS3k/VXc8ToMqWnUxS3s9XnA2UFg9bI0Zh3UddnQkgnUVenITf4EHkGMBmWYA\
        i4uLdnZ2bm5uXl5efHx8Q0NDPpArHoteMpRDFZkjTnlMW281R39ROnwjXoU2Z3tAbIEmXosSYX8Odm0Pjo0Sln0QmZkLmZkk\
        fn5+HBwckZGROjo6iIiINjY2Lo9NM4VBJI89J5YqOoU7UpkzWZkbVJkoTJQUbognaYUcapkPcpkObYsbh4oFdXkHk5Elh4EH\
        MjIyWVlZWlpaLS0tKysrS0tLH5lGI5k5JpFFM5ksP5kvQ5k5SpkVYpkjVJkqfIcPa4oCkJkQlo4KiZkYg34YlZYAgoQAmZkA
        """),
    ([.brightness(1.37)], 24, 18, """
        /wAA/wAA/wAA/wAAEADiTyT/XgD/vQD/mgD/OTrusxj6pyDmmgD/uwD/jQDO4hfm/wGy/wCh/wC4/wCH/xuR/wqE/y26/wCD\
        /wAA/wAA/wAA/wAAUBT/cw3/Nhj/WTbzvhz/iSD1tjX/owXutADt0gHi1RWzzTH58ga0/wDC/xq2/wRU/yC//wDJ9gCp/yaA\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AgEP/YjH/qTz/ngLduivV1AD9xk+s3Ui3/x/m8h++/SO3/wB4/wCK/w2T/xGw/0NO/wqZ\
        J0X/ACr/eR7/AP8AAP8AAP8AAP8AeET/SBjVX0XrkUnmbVT/ryLfw0fClkOy1wDSvSS3/zbB9jic/xCa/yeT/1Ns/yeh/2Fs\
        AIT/AE//DVL/AP8AAP8AAP8AAAD/AAD/AAD/AAD/gFLozYDDv1Lk3DLkt12zinPF1Wma0GiZ+m2Z/yBp/1A//zWD/05E/ymH\
        IFf/IEjxKlP/Uj//CDXYbUXUAAD/AAD/AAD/AAD/nWX9xaWguqH/s3j65kOy7Vq+/52Z/3nJ/1aN/0NW/6CO/7CG/3F7/2SZ\
        ALf/HpH/CE//KqP/H7bSWl3/AAD/AAD/AAD///8A//8A//8A//8At7TI0n7ztFq29kdd/1N88V1w/3FP53RB/6ST/4Rq/4Nw\
        FHD/NKD/ZYvXNon/klDVaYr/QH/yiqjXhJPi//8A//8A//8A//8A2HXbwk71/7ip65WV74NM/4t//7BI/7RJ/62D/9SH/7NU\
        AKPkX6H9SJP/MqT/MvnKf9HVYazSYXHzKs20//8A//8A//8AAAAAAAAAAAAAAAAA8big/6+W/6Vo3Zpo/6Nw/5xl/4pA/8lJ\
        DHv1Bs39Pbr/L8jSE57uJtzQSJrcacXudZj+paGvrOfBvrSDAAAAAAAAAAAAAAAAxdFZ/76Y/9k6/6CR/7Jq/+hi/6lU/7Yc\
        Hrj/PcbiLvq7UMzKaNH/PdH/VrrSd760VuTJuMbfmpyYnq+wAAAAAAAAAAAA/////////////////6R1/7gc/+iC/9do7chQ\
        J+//IufZAMXQaNT/UrShT8bVc/rZfL+tnL6klua6vdyh8quYvtCtwaWsqN18/////////////////6Rx/+Qp/9V8//82/+IU\
        APrJP///AO75bv+eAObkWf+0f/bjgNXqst+afv+RmuOZt/+JhP9Oq+uVw+aC//////////////////5Q//8E//85/98f//8Y\
        L//qFP/NTv/iAM2hbP/uPf++V/+Co/+Ritepvv/Mzv9Hg/elv+hwoOaEyv9Sxf+J//+a//8j//9d/v84//8F//8g//x7//8V\
        ysrKPT09c3Nz////V1dXQEBAKf+NgPJZg//Fq/+Pwv+Js/9fzf9wrP+L2P97t8mL9/85//9D//9T//8v//8r//8R/+MC/+gA\
        /////////Pz82NjY////mpqajv9kRf/Xc/+aL/9Qs/+t0f55o/+6hP9Q1/976/+T9/9X2P8q3/8g//ki//8q//8k//8a//9S\
        ////QUFB////hISE////e3t7af+wdf+VU/+NWf9fhv+Hvf90zP89wf9dr/8u/P9Z8f9A8v8j//8g+v8///8M//8Q//9U//8Q\
        c3NzzMzMzs7OZmZmYmJiq6urSP+hUP+CV/+edf9lkf9smv+Cqf8x4P9Qv/9h//8i9f8F//8k//8Y//84//82//8A//8A//8A
        """),
    ([.contrast(0.63)], 24, 18, """
        0C8v0C8v0C8v0C8vNy+XVEC4Wy/Ahi+udi+tSkqdgjujfD6Zdi+/hi+rcC+OlzqZtzCBwC96pi+Ety9uuzxy0DRsvkSF0C9s\
        0C8v0C8v0C8v0C8vVDmrZDa7SDuxWEifhzy3bj6gg0imejKdgi+ckDCXkjmCjkainzKCtS+JtzuDqzFWpT6H0C+MoS99yEFq\
        0C8v0C8v0C8vL9AvL9AvL9AvL9Avak7DXUa3fUuweDCVhUOSkS+ki1R/lVGEsD6Znz6HpECEsC9nvy9vujZzzzeByk5T0DR2\
        Qk/DL0PAZz3BL9AvL9AvL9AvL9AvZ0/QUTuSW0+cclGZYla6gD+WiVCJdU6Bki+QhkCEt0iIoUl3rTd20EJztlZh0EJ60Fxh\
        L2zAL1S1NlWwL9AvL9AvL9AvLy/QLy/QLy/QLy/QalWajmqJh1WYlUeYhFqCb2SKkmB2j192o2J2wz5gqFRMqkhstFNP0EJu\
        PliqPlGeQ1awVUysM0iTYk+RLy/QLy/QLy/QLy/QeF6kint5hXqsgmejmU6BnFmH0Hh2smeMuldwsE5XyXlx0IFtwGRo0F12\
        L4SuPXK0M1SpQ3rAPoOQWVquLy/QLy/QLy/Q0NAv0NAv0NAv0NAvhIKLkGmfglmDoVBarVZpnlpjrmRUmmVNuXtz0Gxg0Gxj\
        OWO5R3myXm+SSG63c1SSYG+uTWqfb32SbHOX0NAv0NAv0NAv0NAvk2WUiVOgtoR9nHR0nWxTpW9quIFRqoJRuX9syZFutYJW\
        L3qYW3qkUXPAR3u5R6KMapCSXH+QXGSfQ46C0NAv0NAv0NAvLy8vLy8vLy8vLy8vnoR5uYB1uXtflXZfwXpjtXdeuG9N0IxR\
        NWigMo6kTIWyRYuQOHidQZWPUXaVYIqdZXWke3qAf5qIh4JsLy8vLy8vLy8vLy8vipBYwYd1qZNKvHlyy4FgvJpdzX1WwIM8\
        PYS0TIuXRaOGVI2MX5CoTJCmV4WQZoeCV5iMhIuWdnd1eICBLy8vLy8vLy8v0NDQ0NDQ0NDQ0NDQrntlvIQ8tZpr0JJfnItU\
        Qp2lP5qTL4qPX5GrVYJ6VIuSZKOTaYd/d4d7dZmFhpV6n351h49/iHt/fZVp0NDQ0NDQ0NDQ0NDQrntkrZhCtZJpza1IzZc5\
        L6OMTKmpL52iYq94L5mYWKiCaqGYapKbgZZ2abhydph2hKhubK5Tfpx0iZlr0NDQ0NDQ0NDQ0NDQyaRUw6gx0LBKxJY+0LA7\
        Ra2bOamOU9CXL456YbydTKyHWKhreqVyb5J9h6mNjqlQbKF7h5pjeZlsjLRViq5uqLd2q6tAubhapLVJwK4yx7c+v6Nosqg5\
        jIyMTExMZGRksLCwWFhYTU1NQrpwap9YbLmKfq9xia1ugrlbjqpjf7Fvk6ZohIxvocRKvatOrKlWuapFsKdDtbc3xpgw0Jov\
        wsLCq6uro6Ojk5OTsrKydnZ2ccddT8GSZMt2RdBUgq5/kKRnerWFbLJUkrxonLFzobdYk8JDlrU+rKI/xcNDzbNA0NA70NBV\
        tLS0TU1NyMjIbGxsvr6+aGhoYMaBZbx0VsZwWM1bbbxuhtBljdBMiNBagMtFo79YnrtNn9BAp9A+o8JMvcE1qq83yshWvbc3\
        ZGRkjY2Njo6OXl5eXV1dfn5+UdB6VNBrWMh4ZdBectBhdtBrfdBGl9BUh9Bcsr4/oMEyx9BAzcU7wNBJubRIzM0vubov0NAv
        """),
    ([.contrast(1.4)], 24, 18, """
        /wAA/wAA/wAA/wAAAACzHQD8LQD/jQDnagDjBwjAgwDMdwC3agD/jADeXACfswC3+QCC/wBx1QCJ+gBX/wBg/wBU/wCK/wBS\
        /wAA/wAA/wAA/wAAHwDeQgD/BADsJwTFjwD5WADHhgPVcwDAhQC+pACzpgCDngDLxACF9gCT+QCG4AAj0gCQ/wCayAB6/wBQ\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AUBH/MQD5egrqbgCvigCmpQDPlx18rxaI6wC3xACPzwCI6wBH/wBZ/wBj/wCB/xEc/wBp\
        ABP/AAD/SQD/AP8AAP8AAP8AAP8ARxL/FgCmLhO9YBi3PCP/fwCwlBWTZhGCqACkjQCI+gSRyAVs5ABq/wBj+CE7/wBx/y87\
        AFT/AB32ACDrAP8AAP8AAP8AAAD/AAD/AAD/AAD/UCC6nlCUkCC2rQC2iCuDWUKWpjhqoTZpzDxp/wA41x8M3QNS8xwS/wBX\
        ACbdABbCACHqIAzhAAOpPBOlAAD/AAD/AAD/AAD/bTTPlnVwinHhg0fMtxGCviiP/21p70ma/yRc6hEk/3Be/4FV/0BK/zJp\
        AIjlAGDyAB3aAHP/AIakKCvlAAD/AAD/AAD///8A//8A//8A//8AiIWYpE3FhSiGyBUr5CFLwis/50AduUMP/XRj/1Q5/1I/\
        AD//AXDuNFuoBFj6Yh+mOFnnDk7EWXioVGOz//8A//8A//8A//8AqUSskxzH+Il6vWVlwVIa0ltO/IEW3YUY/35S/6VX9oMj\
        AHO2LnHPFmP/AHT9AMubTqKmL3ykL0DFAJ6F//8A//8A//8AAAAAAAAAAAAAAAAAwolw/X9m/XU2r2o2/3M/9mw0/FkO/5oY\
        AErHAJ7PC4rvAJikAG7AAK2hFmqtOJbARGfQdXF/fLmRj4VSAAAAAAAAAAAAAAAAlqIn/49n3KsI/3Bg/4I5/7ox/3oj/4YA\
        AInzC5ezAMyMH52bNqLZC6LVJIqkRo+FJLaaiZewamxnbn+BAAAAAAAAAAAA////////////////5XRE/4kA9bpR/6g2vpgf\
        AMHSALmrAJahNqXeIIVxHZemQsyrS5B+bI90ZreKja1xxHtnj6F+kXV8eK9L////////////////53RA5LYA9qZL/+ME/7MA\
        AMyaDNzcAMDLPehuALe2J9eFTsi0UKa7grBqTfxgarRpiNlYVOcce71llLdR/////////////////9Af/9cA/+oH/7AA/+oA\
        AOS7ANqeHP+zAJ5xO//AC+GPJtdRc9JgWah6j9qdn9oVUsl1kLo/cLdUm/MgludY1/pq3uAA//wr0PUF/+cA//kA/85K7tcA\
        m5ubCwsLQkJC6+vrJiYmDg4OAP9cUMQnUv+We+hfk+NYg/8unt0/fOxbqdNKiJpbyf8H/94R4dwh/d0A6tYA9fkA/7QA/7oA\
        ////4ODgzs7Oqamp7+/vampqXv8yE/+oQv9qAP8fg+d+otBJc/WKVO4fqP9Kvexjyfomqf8AsPUA4csA//8A//EA//8A//8g\
        8/PzDw8P////VFRU////SkpKOP+BRP9lIf9cJ/8uVf9Xjf9Dnf8Lkf8rf/8Azv8nwv8OxP8A1v8AzP8M//8A3egA//8j//oA\
        QkJCnZ2dn5+fNTU1MTExe3t7Fv9xH/9RJv9uRP80YP87av9Rev8Asv8fkP8v7/8Ax/8A//8A//8A//8F//ME//8A/f8A//8A
        """),
    ([.saturation(0.6)], 24, 18, """
        tx4etx4etx4etx4eEAhrOieZPBKcbBmSWhaNMDF/ayeKZSqAWxigaxmOURNtgimEoSBuqiBnjhxtoB5ZqTBjvSlfsT16uyJc\
        tx4etx4etx4etx4eNxyJSBybKh2OQDGEciugVSiFcTmTXhl/Zhd/dhp9eiZrfDiQhh9rnyB1pS90kR1AkjB2viV9hxtluThg\
        tx4etx4etx4ePNU8PNU8PNU8PNU8Wj+uRjCbbDycWxZ2cDJ8dxqJe0dwh0V2oDOKiy50kTJylxxRqCBcpSdivy50v0lNvipo\
        KzinESSbTyelPNU8PNU8PNU8PNU8VkC7MRxvRjqDYEGGUkenaSt+eUJ4YDtsdxl2by1tq0F+kD1omCdjwztrrFBbwzxxy11i\
        IVurFzqXHjyTPNU8PNU8PNU8CwukCwukCwukCwukWUWHiGaEekqKhDmHdk50Y1h8h1hthFZsm11wsTNTmUpCmTxep0tGwzxl\
        KUGPJTeALT+VPzaSFChwTDt5CwukCwukCwukCwukbFSWiXt5hnyse2GaikNzklJ914OCsWmMslNroURMz4N72o58vWVpzWB4\
        KHmhMmSjGjqLPHGzN3mFSEqZCwukCwukCwuk8/Na8/Na8/Na8/NahoSNjGeadEx1kERNok9hklFap2BRj11HvoN80XNn0XJq\
        KFCiQG+lVGWGPmKnYUV/WGajP1uNbHmOZm2P8/Na8/Na8/Na8/NajWKOe0iRv4+JmnR0l2dPom9qvYharYhZv4h22KOBu4lg\
        I2uHVnObSWqzQHKtTKOObZGTV3iJTlWOP4Z88/Na8/Na8/NaAAAAAAAAAAAAAAAAo4uAwIp/vIJnknVexoNst3xktnBQ3Jtk\
        I1SJL4abSYCrQoWKLWqNQJCLSGyJYYmbYG+ceHZ8iKKRh4NtAAAAAAAAAAAAAAAAjpNfzJWEsp1YwIF61I1uy6xx1IhjxYtI\
        OX2qSYWRSaOHVIqJY5GoTY2jVICKZYSAW5mNipCbcXFvd35/AAAAAAAAAAAA////////////////sIBrwoxIxKt+36V0oZFd\
        Rp6lQZeRKH+EZJOsT3pyUoeNbqqbaIV9eId7fJ+MjpyCoYJ6jZWGh3t+gppv////////////////sYBpuKRSwqB55MVm26hO\
        MZ+JV7CwMZmeb7iEL5STYa2KdKigcJWeiJx+esWCfZ18krR9d7Zfh6N9kqF1////////////////3rtv1rtK6cpp0aVR6MlZ\
        T7KhP6mQbOOtKIJvdcuuVbGNX6txhq9+c5SAmLienLVgdaiEkKJtgJ50nsRqm76BwdCSvL1W09J5ucli1cRN4dFe07iAwrlQ\
        lJSULS0tVFRUzc3NQEBALy8vTsB5cKFef8mcjr2CmbuAlclwnbh0j7+BorR5h490u9xo0sBovrxszL5ewLhZy81U06dE36xG\
        6enpxcXFuLi4np6e0NDQcXFxhtl0Ys6hfN6NV9tmk76RnbF3jcWYebtiqdGBscWKt8xxqtddqMVUurBS5OJn5s1g9PRm9vaB\
        09PTMDAw8/PzYWFh4+PjWlpaddaUd8mFaNOBbNtvf8p/o+mDqehqpOl4l99fvNd1tNBnvOthxexhvNpq2NxWvMFO7Ot+1c9V\
        VFRUlZWVl5eXS0tLSEhIfX19Z+COauCAbNeLfeJ2i+V7keaGluVitOt1pOl6zNZet9ZO6vNq7eRh4vJx0cxl7u9Y0NFN8/Na
        """),
    ([.saturation(1.35)], 24, 18, """
        /wAA/wAA/wAA/wAACADXOhD/TAD/owD6hAD5JCXWmADejAfKgwD/ogDyegC7wwDH/wCT/wCC5QCd/wBr/wBv/wBi/wiT/wBj\
        /wAA/wAA/wAA/wAAPgP3XQD/JQj/QR/aoAH/cArblhfhjADWnQDUuQDIuQCYrBLX1gCZ/wCj/wCT8gA73gKe/wCl2wCP/wJb\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AYST/SRn/iR31iQDHnBC3uQDioy6JuSaT8wDB0gKe2wWW+wBd/wBs/wB0/wCL/xwm/wB2\
        EC7/ABr/YQb/AP8AAP8AAP8AAP8AWSX/OAjDRizPcivFTTX/kwjCoSegeSeUvQC5oQub/xGZ0xd68gB8/wJs+ixE/wF5/zM+\
        AGX/ADr/ADv/AP8AAP8AAP8AAAD/AAD/AAD/AAD/YTPIoVaYmy+/uhLCkzqPZk+grUNzqUJzz0Rv/wBH3y0c5xRh+Skf/wNg\
        CD7vDDPZEjr7OSbzACXGUiu4AAD/AAD/AAD/AAD/eEHXlXZxiXDciU/PwSGOxDSW/2Rg6kqY/yxi8SAz/2hW/3VL/0NM/zRp\
        AJHrAG76ADrwBXv/AI+rPD7yAAD/AAD/AAD///8A//8A//8A//8AhoOWpVLGkTiT0iY76C1VyThL6Eclv00b8m5e/1E3/089\
        AFP/DnnzQGawFGX/czK1Q2PrIF7PXnypXGq3//8A//8A//8A//8ArEuvnivQ6X9wu2ZmxFkj0F1R8XoU1YAX8nZM/5RI630f\
        AIHCN3jSIm3/DHz/AsaYTp+jOIKoQFDQAqOL//8A//8A//8AAAAAAAAAAAAAAAAAuoNr8Hde83Azr207/2w67mkz91oR/4sN\
        AF7XAKPSE47vB52oAHzKAK+jJHW2O5W+TG7TeXWCdK6IjoRUAAAAAAAAAAAAAAAAkZ0m/4Jcz6AD+Wpb/3cx76gj/3Ed/38A\
        AI/2E5q1AMiKJJ6dN5/UEaLTLI+nSpCHJrKXg5GpcXJucIGCAAAAAAAAAAAA////////////////3nFD+oIA4ahD/5Yot5Id\
        AL3NALiqAJ6pN6HZKox5JJmoPMKhT5GAbI50Ya+EhqVrvnhliJp4kXZ9dKlJ////////////////33E/1akA5ZhA/8gA/6IA\
        AMubCdHRAL/KNttlALm4JM5+SL2qTqG2fKhlQepUZq1ke8lNTdoXc7Nei61L/////////////////7gN/cEA/80A/6AA/84A\
        ANqzANWbC/+dAKZ7LfCuCdiIJNBOacVYWKR3f8iMkssMTcBviLA5a7BQit8ThdRKvN5TyswA4d4Vut0A9M4A/9sA8rc42cQA\
        lJSULS0tVFRUzc3NQEBALy8vAPRWTr4nROqFbdZSg9BLc+ogj8wzbtpOmsM+hJZZr/kA7cYAzMYT5cYA1cIA298A/6QA/6cA\
        6enpxcXFuLi4np6e0NDQcXFxTf8jCf6YMf9YAP8VdNRvlME+Y+B6TOAYkus3p9VRsuEUk/gAnuAA0LoA9vIA/9MA//8A//8A\
        09PTMDAw8/PzYWFh4+PjWlpaKf9vOPFYFv9PGv8hSPFJc/8sg/8AeP8Va/8As+8Tq+kApv8At/8AsvUA6PAAyNMA/PoF698A\
        VFRUlZWVl5eXS0tLSEhIfX19CP9gEf9BGf9fM/8jTP8oVP88ZP8Alf8Hd/8Z0+sAr/UA9v8A//QA5/8A49gA//8A4uUA//8A
        """),
    ([.hue(-0.1)], 24, 18, """
        /wCQ/wCQ/wCQ/wCQAFWlG3DZAEblEwDKAAXHKnuuIhO3IxioABXkEgDECwCXShGorALXzgDmgQC9ywDY1xTe/wj2yiLj/wD2\
        /wCQ/wCQ/wCQ/wCQD0/ECkHeE2/OKGOyFRXXGSuzKye9EASuHACtNwGlYxGcQCS2dwaxmwDVtBPXxQOwhxi70gD/fwC08x3h\
        /wCQ/wCQ/wCQlv8Alv8Alv8Alv8AMnPqJGzXLDvMFQOiPiCcLAC5bzqRfTWihhfNeRixjhq5xgDN3ADk0Arc6Q799jGu/Aj/\
        Ha/rAKjmF1Lolv8Alv8Alv8Alv8AMon/EkOcM2msNkaoPo3dLRqjWDSPPzGCQgCdTRuKuSnYoiq0sA3I/x3y1j2p/x38/0e8\
        AObjALnVCq/Nlv8Alv8Alv8AAJb/AJb/AJb/AJb/PFuqe16WSzynUyWnYkSGVGaQl02ckkyYt1Cv6hnKvy52wye90zKJ/x7s\
        GKXDGJKwH6XML33GBoOeM1WbAJb/AJb/AJb/AJb/SmS5kHWBdpTGWGa3iDGokEKt/3DBxlrQ3EDEzDKb9Git/2Kd5lS0/0nf\
        AMmTFtLLBqnBH+XeGJphQpXJAJb/AJb/AJb//2YA/2YA/2YA/2YAhIqSZlyyW0KFtDSRyD2wsESTyjt0qTBS2m2g/06h/1Kn\
        D8rbJs/FSpidKc7YO0ScTrHKL6yxZpydYZSl/2YA/2YA/2YA/2YAclegRTqz1nykrG2RrzhUu12J2TZJwzY622CJ9GR/1T9Q\
        AKdyRrm4NtflJtrPJbY9Xpx5R5qER5OyH5Y+/2YA/2YA/2YAAAAAAAAAAAAAAAAAsHWG2m6Z2kxxokxY6FOE1Upx2TBb/zZO\
        CbOlBblvLtC3I5pbDq6HHKFINaGQTa6SVqu6dnmAiql/i2pgAAAAAAAAAAAAAAAAmW1B6HCawkQr32uk+E9/31BJ+j9r5hYf\
        FtOtLaVxIrcwO5VfTMChLb2MP5p1V4tlQKdViKKjcnFvdIF6AAAAAAAAAAAA////////////////yVd34BUa1GVg/0xhrU47\
        HbtoGalJAJhETMSmPIRLOpxtVbdlW4xie4tydqhuoZ52sW+GmJaAjXmKop5b////////////////ylNyyEIf1Vth+kso+hsQ\
        ALcnLsJpALZRdstRAKhDSr9BXbRyX6uMoKNxmtldkaZxvcBkt8o5oqxtqJZg////////////////9E076zUE/00q7CEX/z8S\
        I8hKD8EsQv85AJYcUN9aLcYxbb9Ap7tqcJ1mosGLwZg0erVhqpJSn6hi07g8ysZl2LNyxV8a231F1IYq5kQF8VYZ5GRaz0sQ\
        lJSULS0tVFRUzc3NQEBALy8vRtweo7FBettgt8tpx8Rl29lGw61TvM5nvJ9bk4Vm7K8r4VsxxnE92lcjzFkg12MN8BkD/xIA\
        6enpxcXFuLi4np6e0NDQcXFxzPFKOOg0mvhVkP8jscqAuqBan9R4uM8739FazrZs2KFA6bwf1JQYxk4a7m0g+ksb/3ET/4o8\
        09PTMDAw8/PzYWFh4+PjWlpae+9OkN9XfO8+qvpCrN9j8f9V/+kt/f9E9/Aj5KxB3qIv/8Ea/7YY6akv52cJy2IN9Yc+4VcM\
        VFRUlZWVl5eXS0tLSEhIfX19bv81jv87d/NBwf9K1P9P0P9f//wk/+Y7+f9H4n0a55QF/4Yb+18T/5gp22co+2QA3FgA/2YA
        """),
    ([.hue(0.083)], 24, 18, """
        /34A/34A/34A/34AXQCllBvZsgDlygCmxwC7aCqutxOaqBiS4QDkxAChlwCAqBFj1wIb5gAFvQAs2AAA3hkU/x8I4yIr/xgA\
        /34A/34A/34A/34Akw/EuQregRPOgyiy1xXHrhmzvSetrgSUrQCCpQFinBE+tiSPsQYy1QAo1xMmxSMDuxg//wAYtAAm8zsd\
        /34A/34A/34AAP9+AP9+AP9+AP9+uDLqniTXyizMogOCnCB1uQB+kTpVojVRzRdPsRhDuRo4zQUA5AUA3AoK/Q4O9oUx/xQI\
        ax3rUQDmvhfoAP9+AP9+AP9+AP9+uTL/dxKcgDOsoTaonD7doxqEjzRjgjFunQBOihtP2Ck5tCowyA0V/zgd1nM9/y0d/5VH\
        EADmLQDVOArNAP9+AP9+AP9+fgD/fgD/fgD/fgD/lDyqll50pzyPpyVvhkRjg1SQnE1NmExMt19Q6kUZv4AuwzYn04Yy/z4e\
        RRjDQxiwVB/MhC/GLQaegTObfgD/fgD/fgD/fgD/qEq5kIZ1rnbGsVi3qDFIrUJX/7dw0Fpa3GFAzGwy9Ldo/81i5o5U/3RJ\
        ACbJHxbSLgbBKR/lGEaagkLJfgD/fgD/fgD/hP8AhP8AhP8AhP8AjYSSslyhhUJmtF40yF49sGhEypk7qY4w2q1t/7ZO/7RS\
        MQ/bKibPVkqdQSnYmzuccU7KPi+xa2add2GlhP8AhP8AhP8AhP8AoFd+szqe1rN8rIxtr5o4u5Rd2c82vsM227pg9OFk1cw/\
        ACenTka5UzblKibaJZK2XnucR1eab0eyH22WhP8AhP8AhP8AAAAAAAAAAAAAAAAAsKN12rVu2r5MoptM6MBT1bZK2bcw//M2\
        CQmzBUC5LjnQI1iaDimuHGqhNT2hTWKubla6fnaAf6mifYtgAAAAAAAAAAAAAAAAZ5lB6MVwncIr36xr+NJPzN9J+tk/5OYW\
        Fi3TLVilIp23O2qVTGLALVK9P12aV3mLQImni4ijcHJvdHqBAAAAAAAAAAAA////////////////ya9X2eAVxdRg//RMka07\
        HWS7GW6pAEiYTGDEPG+EOmGcVZ+3W4GMcouEbqildqF3sZ5vgJiAjX15W6Jd////////////////yrJTlsgf1NVbxvoo3PoQ\
        AIG3LnvCAFa2UcuwAFeoQb6/XZi0X3ircaN4XdmmcaaKZMBvOcpYbax8a6hg////////////////0/Q7p+sEyv8q0OwXv/8S\
        I5TID5XBOfj/AG2WUMnfLbbGQL+daruFZp2Xi8GvUsE0YbWiY6pSYqhwS9M8Zcppjthyc8UalttFatQqlOYFovEZz+Rahc8Q\
        lJSULS0tVFRUzc3NQEBALy8vHtzDQbFZYNvLacuFZcdpRttRYMNTZ86Bb7xbcZNmWOwrqeExh8Y9l9ojhcwgcdcNxvAD2P8A\
        6enpxcXFuLi4np6e0NDQcXFxSvF9NN3oVfjAI/+kgMqfbLpaeNS1O89eXd9afM5sa9hAPOkfSdQYg8Yaj+4gufobjf8Tof88\
        09PTMDAw8/PzYWFh4+PjWlpaTu/PV9+wPu+/QvqhY9+gVf9xMv8tRP9WI/cta+RBXN4vRf8aTv8YX+kvd+cJZssNnfU+hOEM\
        VFRUlZWVl5eXS0tLSEhIfX19Nf/XO/+8QfPLSv+XT/+JX/+bJP8zRP87R/9db+IaROcFgf8bm/sTf/8pjdsogvsActwAhP8A
        """),
    ([.grey], 24, 18, """
        TExMTExMTExMTExMFhYWOjo6Ly8vQEBAODg4Ojo6R0dHRkZGPDw8Pz8/MDAwTk5OUFBQUlJSSEhITExMWlpaXFxcZ2dnV1dX\
        TExMTExMTExMTExMMTExODg4Li4uPz8/Tk5OQEBAVFRUOjo6Ozs7QUFBR0dHV1dXR0dHUFBQW1tbREREVlZWXV1dREREZGRk\
        TExMTExMTExMlpaWlpaWlpaWlpaWVFRUQ0NDVlZWNjY2TU1NQ0NDXFxcX19fXl5eUlJSVlZWR0dHUFBQVFRUYmJibW1tXl5e\
        QUFBLCwsQkJClpaWlpaWlpaWlpaWVVVVLCwsRkZGU1NTVlZWSEhIWVlZTExMQEBASEhIaGhoW1tbUFBQampqbW1ta2trf39/\
        U1NTOjo6Pj4+lpaWlpaWlpaWHR0dHR0dHR0dHR0dU1NTdHR0YGBgWVlZX19fYGBgaWlpZ2dncnJyXV1dYWFhXFxcZmZmaWlp\
        Q0NDOjo6REREREREKysrSEhIHR0dHR0dHR0dHR0dY2Njf39/hYWFcHBwXl5eampqnZ2dg4ODc3NzYWFhmZmZo6OjgICAhISE\
        ZmZmXV1dOjo6aWlpZ2dnU1NTHR0dHR0dHR0d4uLi4uLi4uLi4uLihoaGeHh4XV1dXFxcampqZmZmdHR0ampqlJSUjo6Ojo6O\
        Tk5OaGhoZGRkX19fVFRUaWlpWVlZeHh4b29v4uLi4uLi4uLi4uLidHR0YGBgnZ2dgICAc3Nzfn5+k5OTjo6Ol5eXr6+vlJSU\
        WVlZb29vaWlpampqh4eHh4eHcXFxWlpacHBw4uLi4uLi4uLiAAAAAAAAAAAAAAAAkZGRmZmZkZGRe3t7lZWVi4uLgoKCqamp\
        TExMb29vdXV1cnJyXFxceHh4ZWVlf39/cHBweHh4mZmZgoKCAAAAAAAAAAAAAAAAjIyMpKSknJyck5OTn5+fr6+vm5ublZWV\
        bm5udXV1hYWFenp6hoaGfX19dHR0e3t7hoaGkJCQcXFxfX19AAAAAAAAAAAA////////////////jIyMlZWVrq6usbGxkJCQ\
        hYWFfX19ZmZmiIiIbW1teHh4l5eXfHx8gYGBk5OTlZWVi4uLkZGRgICAjo6O////////////////jIyMoaGhpqamxMTEra2t\
        fHx8lpaWe3t7nZ2ddnZ2k5OTmJiYi4uLk5OTp6enkJCQpKSkmpqal5eXmJiY////////////////vb29t7e3ycnJqampxsbG\
        k5OTh4eHurq6ZmZmrq6ukpKSjo6OnZ2diIiIrKyspKSklZWVl5eXkZGRr6+vra2txcXFsbGxycnJubm5vLy8ycnJurq6sLCw\
        lJSULS0tVFRUzc3NQEBALy8vlpaWi4uLrq6uqampq6ursLCwqampqqqqqKioioqKxcXFvLy8tLS0uLi4sLCwv7+/qampsLCw\
        6enpxcXFuLi4np6e0NDQcXFxtbW1qampuLi4p6enrKyspaWlsLCwnZ2dvLy8ubm5vLy8vLy8sLCwqamp1dXVycnJ5OTk6enp\
        09PTMDAw8/PzYWFh4+PjWlpasrKyqampqqqqrq6uq6urycnJx8fHyMjIu7u7xMTEvLy8zs7O0dHRxcXFzMzMs7Oz39/fw8PD\
        VFRUlZWVl5eXS0tLSEhIfX19s7OzsrKyr6+vuLi4vr6+wsLCv7+/zc3NyMjIxsbGvr6+4eHh2NjY39/fwsLC3t7ewsLC4uLi
        """),
    ([.blur(0.1)], 24, 18, """
        /wAA/wAA/wAA/wAADAClOhvZRQDligDKcQDHKiuugxK3ehiocQDkiQDEZwCXpRGo1wGC5gB2vQCH2ABj3hRq/whh4yGI/wBg\
        /wAA/wAA/wAA/wAAOw/EVAreKBLOQSiyixXXZBizhSe9dwSuhACtmgGlnBCDliS2sQWE1QCO1xOFxQM+uxiM/wCTtAB88xxe\
        /wAA/wAA/wAAAP8AAP8AAP8AAP8AXjHqSCTXfCzMdAKiiCCcmwC5kTp+ojWGzReosReLuRqGzQBY5ABl3Aps/Q2B9jE5/whw\
        HTPrAB/mWRboAP8AAP8AAP8AAP8AWDL8NRKcRjOsajaoUD7dgBmjjzSObjGCnQCaihuG2CiNtClyyAxx/x1s1j1P/x12/0dP\
        AGHmADrVCjzNAP8AAP8AAP8AAAD/AAD/AAD/AAD/Xjyqll6PjDynoSWnhkSDZVSQnE1xmExwt1Bw6hhNvzsuwydg0zky/x5j\
        GEDDGDWwHz3MPC7GBiqeUDObAAD/AAD/AAD/AAD/c0q5kHl1iHbGg1i3qDGCrUKL/3Nw0FmT3D9nzDE/9HVo/4Fi5lNa/0lw\
        AIbJFmrSBjrBH3flF4WaQkTJAAD/AAD/AAD///8A//8A//8A//8AhoSSmlyyhEKFtDREyD1bsERSylM6qVUw2nhs/2FO/2BS\
        D1LbJnXPSmadKGTYazucTWXKL12xZXudYWyl//8A//8A//8A//8Anlagjjmz1od8rG1tr2A4u2Zd2YE1w4Q2239g9Jtj1YM+\
        AHenRna5NWzlJXjaJbaUXZmcR36aR1OyH5aE//8A//8A//8AAAAAAAAAAAAAAAAAsId12oBu2nlMonFM6HdS1XJK2WUv/5M2\
        CVqzBZa5LYjQI5KaDnSuHKGYNXGhTZCuVm+6eXaAfqmNi4RgAAAAAAAAAAAAAAAAkJlB6Itvwp8r33Vq+IJO36pI+nw+5oUV\
        FofTLZGlIreJO5WUTJnALZm9P4iaV4uEP6eTh5GjcXJvdICBAAAAAAAAAAAA////////////////yXhW4IcV1Kpf/51MrZI7\
        Ha+7GamfAJCYTJvEPIR2OpGcVLefW4x/cot4bqiIiqF2sX1vi5h/jXl+e6Jb////////////////ynhTyKce1Zxb+sco+qUP\
        ALeTLsLCAK62Uct0AKinQb+EXbSmXpyrgqNxXNlqcaZwhsBkYco5faxtj6hf////////////////9Lo7678D/8wq7KMX/8wS\
        I8irD8GWOf+lAJZ2T9+uLcaLQL9fd7tqZZ18i8GVl8E0YLV5jKpSdahhlNM8kMpkv9hxxMUa29lEutQp5soE8dcY5Lhaz78Q\
        lJSULS0tVFRUzc3NQEJALy8vHtxnXrFBYNuQfctpjsdkg9tGlsNSfs5mnrxahpNmtewq4cQxxsI92sMjzL4g1NcN8KYC/6oA\
        6enpxcXFuLi4np6e0NDQcXFxaPFJM+idVPhxI/87g8p/mbpZd9SIYc87nd9arM5stdhAnukfo9QYxrYZ7usf+tEb//8T//88\
        09PTMzMz8PDwYWFh4+PjWlpaTe+BVt9tPe9nQfpGYt9jiv9Vlf8tjf9EgPciuORBsN4vsf8avv8Yt+ku4ecJw8sM9fM+4dgM\
        VFRUlZWVl5eXS0tLSEhIfX19Nf92O/9fQPN0Vv9Kav9Pcf9ffP8kpP87jP9H0OIZs+cE8f8b++0S5f8p29Mo+fsA2twA//8A
        """),
    ([.blur(0.7)], 24, 18, """
        /wAA/wAA+gED0AQgSgqROxTLSQvWbQjLagvEUR61dBi0eRK1egTJhAK6gQagow2fyQSI1wF+zAN+0wRo3Q5t8Axx5xN59gpo\
        +wEE+gIE8AoGtykeTDeBOTurNDawUyTBbBnKaB27eRq1fQ6vhgWykguilhOUpBehuQqNzgiF0Al3zgdf0g536wl/2w9y7xNl\
        0woszwssuSwlSqkQFs0gD80sGa9OR0m8VSXMaSPAdBmufxqrjRKqkyaQnCiMsBqcsRaNwBWCyw1s1whl4A9u7xZx7x5d+Rlj\
        QS68PSW1TEWVF80mBPMKBOwTDrNQNUTIOB3DRyW8Yi+ybTW4gieojC6Uhy6Jlh6RoSOHvCmBwSRx0xVo5CBi4ytf8Spe/DJa\
        DUzaDTzNF1SuDbhFBtImCrdBBUm1DBTuDwjuIhbfXjuzglKejESkkjifijyMiUKIpEd6sUZ3wD5q1ilV1ThL1jpW4zdP+DBc\
        EE7IFEPCG0XBIlumGF+LKU6cDBbkBQb6Dg3yOjPKfmWXnYN6m32UkVuim0ORp0mFzVhzylF4zUNj00BM3lxT6WVe7FRZ+klj\
        Cm3KFmDKGlDFImLIKGSsM0fAFh7lFRrqNznJr65S3tcn5eAf08w5nX+Fl1aank2AuUtfwUlcwExUx1VAxmRD33Fc8mtX+GNU\
        EWXMJWzIMmS9MWfGRmKtRmK5N1e6SF+yZ3uR1tsn9vcI8O8Gxb0bi2NrgESDm1ttrmRiumJRwWZQynJAy3pB231V6YNS54BG\
        D3C2LHe/MXXNKn3FM46mRYujQ3ekSXGlW5KDxdQy4OYaxcURUE0KJRoZIhIhQi4sm3BcynxizXxSxXhO2XtM3H1K5Xo974c0\
        DXC4Goi4J4u8J4ysJIupLJGiO4GhSoKkWIWdh5d4k6RogINJIyMTCQgHEQ8PQ0A1n49n15971p5j1oJa5oZK45RI7Ic75Ign\
        F4rBIJarJKCeNZehOZOrNJWrQY+dUI+RWJSTdpKOe4d4b3JkLjEqHx8cPEA3srKt5eLX9efd7tbA2JNo25A43qFL651B0pYx\
        GKi1GqaoGKChOJ6kOJWVPJyaTaSZXJaKaZeAc6SBgpt1jYxtc4JgcHhfhJdv3ePY+vr2/Pr29ebX2qJl1qIw4KpA8LEv7qsc\
        ErejHbisGremMrWRKK6WO7OPUrGUZKOQcqd7cLx0erBqgLFjdrNVfqhkmrh02ufH8PTd9PTW8+q75sJR570c778n8LUj870W\
        L7igJbKTMcGVOLKNPLOQOK99RrtxZLVybbJ8fb94hr5beLtggLZXf7Vck8RYqM12xNt109ZY19hV0s4v4MoV68se57st47wY\
        f5+ZWHpxZ4p+haOaYoB1QndYPb1dVMVkYdF4cNFrhspghctXiMZagsdblMJZmrtcttZCydAzyMs00Mcl18oa4c4U7b8U9b0P\
        w8XFoKOipainn6Khn6WhboxxVdFkSOJ4TO1vTOxYdtVmic9egtZiethPlNlRptBWsdo8sOEmtNcgyc0d4Nob6tkX9uYb+egk\
        rKyshISEra2tiouLn6Kgb493UtdzSulwRPFmSvRSaOtbgvBUivVCivU+kfA5r+Q6tOUru/Mew/Ecyech2uEW3t0U7Okf7ucW\
        c3NzhYWFkpKSZWZlZmpnaIxzRuJzQPZqQ/ZoU/pTZ/tUdf1ShP42lv45mvg5u+kkwOsU3PcY6PQY4PIk3+Id6uoL5+gJ9PMF
        """),
    ([.blur(1.3)], 24, 18, """
        +QIF8gYI1w8Xphw7bSdvSyqdSCa4Vh7BYRrBaBi8cRa4ehG3gQy0iAuslQyipg2XugqNyQeBzwd31Qlx3Qxw5Q5x6w9v7g9t\
        4Agc2BAcvCQijD42WVJaPFWAPUegTDK1WiO+Zhy8cBm3ehWzgxKuixKmlxOdphKVtxCMxA2AzQt21Qxv3Q5u5hFu7BNs8BRp\
        qRZPoSNIiUM9YW03OopCJ4lfLG2GO0eqTCy+XSG/ayC3eR+vhR6ojh6flx+Xoh2RsRuJvhh+yhVz1BRs3RZp5hpo7R1m8R5j\
        ZCqMXzh/UFtmN4lKIKdBFp5XHHeEKEmwOSzGTybDZCy2eDGrhjGiji+alS6TnyyMrCuFuih6yCVu0iNm3CVh5Chg7Stf8ite\
        Lj+4LUirKGKPIIVuFphfEohyFGCcHDrCLivNSzS+akapglGbj0+Wk0aUlj+PnzyIrTx+ujpzxzZn0DZe2jla4z1Z7D1b8jxb\
        FlDIGVO/HGCtHXCVHHaLGmSaGUa5IDPNODnFX1SmhXGHnH55oHR9m2CGmU+JokmCsEl2vEhqxkdfzklW109T4VNV61JX8VBZ\
        E17IGV3EH2C8JWSwKWOrKFazJ0TCMkLDU1qqgoJ+qaFZtqZNq49ZmW5sk1Z3nU91rVJrvFRhxVdXzFtQ1GJP32dR6WdT72ZT\
        FmnEHmjDJmnALGu6MWm1M2K1N1q4RmCua32OmqRfurw6uLItnY04gGRMeU1biU5io1pguWRbxWhUzGxO03FM3nZM5ndL7HdJ\
        GHO/H3W/KHi9Lnu3M3qxOHetQHOqUHmecZCCmKtcrLU8np4qeXEoWksyWUBCdlJUnWthvHxlyn9e0X5U135M34FI5YND6IM/\
        GIC5H4S4Joe0LYqvM4qqOYimQ4WhU4iXa5SGhqBtkJ5TfoM8W1otRUAtT0dAeGhgp4x7yZ6D1Zx32ZJh24xO4IxE5I495o43\
        GJK0HZSxJJarLJenM5akO5SgRpKbVJKUZpaJd5l7fZJob3tTWGBAUFVAZWlYk5GCwLWk28Oq4bmT4Kdt35xP45s+5Zw25pww\
        GqOtHqSpJKSjLaKfNaCcPp+ZSp2UWJ2NZ56Gc598eJpwc4xgaX5Ta35YhZVzsLic1NW75ty76M6b5Lpt4qxI5ao156ot6Kop\
        JaykKKyhLaucNKmXOqeSQaeNTaiIW6mDaax+dK12eqtteqVjeaBdgaNjmLV6uc2X1d+q4uKk5NaG4sZb4rs75rgq6rYk67Yh\
        QqydQquaRKmVSKiRSaaJSamBT697WrZ4Z7x2cr5verxofrphgbhdibphmsRtsdB6x9p+09x12NVe28xC4MYs5sMh68Ed7cAc\
        bKidaaaZaKKUZ6GPYaCGV6d5UrZyVsRwX81ua89pds1jfspeg8laislZls1bp9FcuNdVxNhKzNU809Et3c8h5c4c7Mwa78wa\
        jKKdiZ+ahZuVgZmPdpqFZad4Vr1wUdJsVd5pYd9jcN1efNtZhNpUi9pPl9lMpdlGs9s8vt0wx9so0Nki2tgc5dgZ7NkY8NoZ\
        lJiXkpaVjpKRh4+Le5OBaaZ4V8RxTd5rTutlWexeautZeutThOpMjupFm+Y/qeQ4uOUtwucky+Yg1OMe3OEZ5eEW7OMU8OYU\
        jY2NjY2NioqKg4eEdo18ZqV1VcdxS+RrS/FjVvRbZ/RVePZOhfVFkfU+n+83rewuveskye0f0+0d2eoc3uYY5eYU6+gR7+wP
        """),
    ([.blur(2.0)], 24, 18, """
        1REfxhgmrSMyjTBIbzljWTuBTzaaUS6tWSW2Yx25bhm3eBazghStjRKmmRGephGVtQ+Lwg6BzA151Q5z3g9v5RFs6hJr7hNq\
        vBo0riM2mDE9e0BMYUpiTkt9R0KWSjeqUyu1YCK4bB62dxyxghqrjRmkmRicpheSsxWJwBSAyhN31BNx3RRt5BZq6hhp7hho\
        lidTijJReUJRYlNXTV1lP1x6O1CSQEKnTDSzWyu2ayizeCethCamjySfmSOXpSGPsR+GvR19yBx00hxt3B5p5B9m6iFl7iFk\
        azd3Y0JxV1JqR2NpOWtvMGh/MFqUOEqmRz6wWTixbDerezikhzeckTWXmjGRpC6JryuBuyp4xylv0Slo2ytk4yxi6i5g7i5g\
        RkaYQU+QO12GM2mAK2+BKGqLK12bNlGnSEmsXUmockyegk+VjUyOlEeKm0GHozyBrjl6uTlxxThpzzli2Tte4j1c6T9b7T9c\
        LFOvK1qoKmOeKGqXJm2VJ2eaLF2jOleoT1elZl2Ze2SLimeAkmF7lVh6mU96oEl3q0ZyuEdqxEhjzkpc2E1Z4E9X51BW61FW\
        H1+7IWO1I2iuJWuoKGulK2emNGGoRGKlWmiZcXKIhXp2kHppknFlkWRnk1hrm1Nsp1NqtlZlw1lfzltZ115U32BS5WJQ6mJQ\
        G2q+Hmy6Im+1J3CxLG+tMmyrPGuoTm+eZHmOeYR5iYlkj4VXjHhTiGlWil9elF1kpGFmtWdlxGtfz21Z13BS33FO5HJK53NJ\
        Gna8Hne5JHm2KnqyMHmuOHiqQ3mjVX6XaYeFe49wh5Bbh4dNgnhJfWtNgWVYkGljpHJquHprx39l0oBc2YBS34BK44FF5oFC\
        HIO3IIS1JYayLIauM4aqPIWlSIedWIuRapGBeJVuf5FcfodOeHpJdnFOf3FbkXpqqId0vpF2zZRu1pRi3JFT4I9H448/5Y86\
        H5GxI5GvKJKsL5OnNpKiP5KdSpSWWZaMZ5l/c5lxeJRhd4tVdIFRd31Wg4NjmJB0sZ5/xaiA06l226Zl36FS4p5D5Jw45pwz\
        J5yqKpyoL52lNJygO5yaQ5yWTZ6PWaCHZaF+b6FzdJxndZVddo9afZBfjJlsoqd7ubSEy7uD17t23rdj4bBN5Kw95aoy56ks\
        N6SlOKSiPKOeP6KZQ6KTSaSOUKeIWqqBZKx6baxyc6lpd6VhfKNghaZkla9uqbt5vcV+zcp618hs3cNZ4b1E5bg057Yq6bUl\
        TaegTaadTqSZTqSTT6WMUamGVK+AWrV6Yrl0a7tuc7pnerhhgbhgi7pimsFoq8ltvdBuy9Jn1NFa281J4Mg45cQs6MIk6sEg\
        ZaWcZKOZYqKUX6KOXKWHWayAWLZ6Wr90YMZvaMppccpje8pehMpbj8tanM9cq9NbutdYx9hR0NdG2NQ43tEs5M8j6M4e680b\
        eZ6Yd52VdJyQbZ2KZ6ODX618Wrt1WchvXdJqZNdkb9leetlYhNlUkNlRnNpOqttKuN1ExN48zd001tsr3dkj5Ngd6dgZ7NcX\
        hpeUg5aRf5WNd5iGbqB/Y655W79yWM9sWtxnYeJgbOVaeOVTg+ROkONJneNDq+I9uOM1xOMuzeIo1uEi3d8c5N8Y6d8W7d8U\
        i5KRiZGNhJCKe5SEcZ59Za13W8FxV9NrWOFlX+leauxXd+xQg+tKkepDnuk8rOg1uectxecnzuYi1+Ue3uQZ5eQW6uQU7eUS
        """),
    ([.blur(15.0)], 24, 18, """
        jV1vjl1uj15ukV5tk19slF9sll9smGBrmmBqnGFpnmFooGJoomNnpWNmpmNmqGRlqmRkrGVkrmVjsGZisWZis2ZhtWZhtmdg\
        jF9ujV9uj2BtkWBtkmBslGFslWFrmGJqmmJpnGNpnmNooGRnomRmpGVmpmVlqGZlqmZjrGdjrWdir2hisWhhs2hgtGhgtmlf\
        jGBujWFtjmJtkGJtkmJsk2NrlWNrl2RqmWRpm2VpnWVnoGZnoWZmpGdlpWdlp2hkqWhjrGlirWlhr2phsWphs2tgtGtftmte\
        i2JujGNtjmNtkGRskWRrk2VrlGVrl2ZqmWZpm2donWdnn2hnoWllo2llpWlkp2pkqWtiq2tirWthr2xgsW1gs21ftG1ftW5e\
        imRujGRtjWVtj2ZskWZrkmZrlGdqlmhpmGhommlonWlnn2pmoWtlo2tkpWxkp2xjqW1iq21hrW5gr25gsW9fs29etG9etXBd\
        imZui2ZtjGdsjmhskGhrkmhqk2lqlmppmGpommtnnGtmnmxmoG1ko21kpG5jpm5iqW9hq29grHBfr3BfsHFesnFetHJdtXJc\
        iWhti2htjGlsjmlskGprkWpqk2tplWxol2xomW1nnG1mnm5loG9kom9jpHBipnFiqHFhq3JgrHJfrnNesHNesnRds3RctXVb\
        iGltimpsi2tsjWtrj2xqkWxqkm1plW5ol25nmW9mm29lnnBln3FjonJjpHJipnNhqHNgqnRfrHRernVesHZdsnZcs3ZbtXda\
        iGttiWxsi21sjW1rjm5qkG5qkm9plG9olnBnmHFmm3JlnXJkn3NjonRio3RhpnVhqHVfqnZerHddrnddsHhcsnhbs3hbtXla\
        h21tiW5sim5rjG9rjnBqkHBpkXBolHFnlnJmmHNmmnRknXVkn3VioXZio3ZhpXdgp3hfqnheq3ldrnlcr3pbsXtbs3tatHtZ\
        h29tiG9siXBri3FrjXFqj3JpkXJok3NnlXRml3VlmnZknHdjnndioXhho3hgpXlfp3peqnpdq3tcrnxbr3xbsX1as31ZtH5Y\
        hnFsh3FsiXJri3NqjHNpj3RpkHRok3VnlXZml3dlmnhknHljnnlhoHphontfpXtfp3xdqX1cq31brX5br39asX9Zsn9YtIBX\
        hXNsh3NriHRrinVqjHVpjnZokHZnkndmlHhllnlkmXpjm3tinXthoHxgon1fpH1epn5dqX9cq39brYBar4FZsYJYsoJXtIJW\
        hXRshnVriHZrinZqi3dpjnhoj3hnknlmlHpllntkmXxjm31inX1goH5fon9epIBepoBcqYFbqoJarYJZroNZsIRYsoRWtIVW\
        hHZshndrh3hqiXhqi3lpjXpoj3pmkXtllHtlln1jmH5im39hnX9gn4BfoYFepIJdpoJcqINaqoRZrYVZroVYsIZXsoZWtIdV\
        g3hshXlrhnlqiHppintojXxnjnxmkX1lk31klX9jmIBimoFhnIFfn4JeoYNdo4RcpoVbqIVaqoZZrYdYrohXsIhWsolVs4lU\
        g3prhXprhntqiHxpin1ojH5njn5mkH9lk39klYFjl4JhmoNhnINfn4ReoYVco4ZcpYdbqIhZqohYrIlXropWsItWsYtUs4xT\
        gntrhHxqhX1qh35piX9ojH9njYBlkIFkkoFjlINil4RhmoVgm4VenoZdoIdco4hbpYlaqIpYqopXrItXroxWsI1VsY1Ts45S
        """),
    ([.resize(2, 3, 20, 14, 16, 12), .hue(0.05), .contrast(0.8), .brightness(1.25), .saturation(0.7), .blur(0.9), .flip], 16, 12, """
        2W1p1GRoyWBvvWF7rV6EolyPpGGap2irnmq2jF66eVK+bWa9V5ulT8KPT7WQU4Gg3IZ32H1xznJyw3F8t3GGq22TrXKesoGo\
        qoSskm62eFLAZk7BVm2yUpieTpacTHCm4qeG25t80op4y4J9wX+Gs3uUtImevqqZvbaTqZ2eh3C1bVHBYVW8XGywU2uvTVm0\
        5LmJ3bGB1aJ/zJeBuomEpXqIo4iJtbR5xdNyvMh9mZueeG62amG8Zmq4W2a5VFy76MWK4sCH3LiJz62Lq5B/fWhpcGNch4xY\
        sMNjuM53m7CVe4esbXqzZ3y2XnW8Wm3B7tSM6s+Q58+d28ilr6WQcm1mUlBJY2hPkqFwpLiNk6qie5OtbImxY4mzXYa5W4O/\
        8eKK8OCW8+e67+nT1NPHnqKXbHNnbHRkjZmEmq6dkKyqgaKvc5uzaZi2Y5i3XZq68++D8e6S9fS+9fjf6e/fw9K8mK6QjKaF\
        l7OTm72jlbusirWyfbK4cK25aKm5X6i77PR16fOC6fWl6fa/3vLGwuKzo82Zl8ePmMuUms2hmMuskMaygMS4db26cby/bb3D\
        3vJs2O9z0+2Dzu2QxOqbseCZoNiSmdaQmNiVmduhltqvjdOxgsiugLmvi7y7jcLA1fFpze5swOpxuet4tOqEqOSKnOKMmOKR\
        meKYluanj+e0i+G2jNCvmLuurcC9tsfFyu5lw+9pte1rru1wre17peyCmOqElOqKleqXkOypiuy1i+i6lNe1qMG1wMbE0NTT
        """),
    ([.resize(0, 1, 15, 16, 14, 13), .saturation(1.4), .hue(-0.07), .brightness(0.75), .contrast(1.2), .grey, .blur(1.8)], 14, 13, """
        UFBQUlJSV1dXWlpaWlpaVVVVS0tLPT09MzMzLCwsKioqKysrLS0tLi4uVlZWV1dXW1tbXl5eXV1dV1dXTk5OQkJCOTk5MzMz\
        MTExMTExMTExMTExXl5eXl5eYWFhYmJiYGBgWlpaU1NTSUlJQkJCPj4+Ozs7OTk5ODg4NjY2Z2dnZmZmZmZmZWVlY2NjXV1d\
        WFhYUVFRTU1NS0tLR0dHQkJCPT09Ojo6bW1tbGxsampqZ2dnZGRkX19fXFxcWlpaWFhYVlZWUFBQSEhIPz8/OTk5cXFxb29v\
        bGxsaGhoZWVlYmJiYWFhYWFhYGBgXV1dVVVVSkpKPj4+NjY2cXFxb29vbGxsaGhoZmZmZGRkZGRkZWVlZWVlYWFhWFhYS0tL\
        Pz8/Nzc3b29vbW1tampqZ2dnZmZmZWVlZ2dnaWlpaWlpZmZmXV1dUlJSR0dHQEBAbW1ta2traWlpZmZmZmZmZ2dnampqbW1t\
        b29vbW1taGhoYGBgWFhYVFRUbm5ubGxsaWlpaGhoaGhoampqbm5uc3Nzd3d3eHh4dnZ2cnJyb29vbW1tcXFxcHBwbW1ta2tr\
        bGxsbm5uc3NzeXl5f39/g4ODhYWFhYWFhISEhISEd3d3dXV1cnJycHBwcHBwc3NzeHh4f39/hoaGjIyMkJCQk5OTlJSUlZWV\
        e3t7eXl5dnZ2dHR0dHR0dnZ2e3t7g4ODi4uLkpKSl5eXmpqanZ2dnp6e
        """),
  ]

  /// FNV-1a of what Pillow makes of the generated pattern of that size.
  static let pattern: [(width: Int, height: Int, steps: [FixtureStep], digest: UInt64)] = [
    (97, 61, [.resize(10, 7, 80, 50, 33, 41)], 0xa23f38e3d845ff6),
    (97, 61, [.resize(20, 7, 31, 47, 112, 112)], 0x51b5b08fd27fb877),
    (320, 240, [.resize(37, 11, 240, 200, 224, 224)], 0x4ae084d655909a66),
    (97, 61, [.blur(0.35)], 0x631ba508774fd505),
    (97, 61, [.blur(1.1)], 0xee898af4e8cb12ce),
    (97, 61, [.blur(1.99)], 0x665b8858d6036a1d),
    (64, 48, [.contrast(0.7)], 0x5428a77c5088ea84),
    (64, 48, [.contrast(1.3)], 0xe71d8a3db5550aa4),
  ]

  /// The same of 52^3 colours.
  static let cube: [(steps: [FixtureStep], digest: UInt64)] = [
    ([.hue(-0.5)], 0x9cf98dcc37e11289),
    ([.hue(-0.1)], 0x512aaa00ef71b838),
    ([.hue(-0.031)], 0x635c303699feb222),
    ([.hue(0.0)], 0x96f61264f7374530),
    ([.hue(0.02)], 0xe6554a9373fae24b),
    ([.hue(0.1)], 0xc586f27fa72ee4bc),
    ([.hue(0.5)], 0x1a58318f79c95289),
    ([.saturation(0.6)], 0x1aaaa6a0074b4968),
    ([.saturation(0.917)], 0xd168e6aabee70a3d),
    ([.saturation(1.0)], 0xaad9a93fbbb13135),
    ([.saturation(1.123)], 0xe3a2b7442a59aaf9),
    ([.saturation(1.4)], 0x78d7550b99ee258a),
    ([.brightness(0.6)], 0xbbe3ec7afbadcdf5),
    ([.brightness(0.999)], 0x192b3c94f04a1a0d),
    ([.brightness(1.4)], 0xec16c0a529594bc5),
    ([.grey], 0x28359c80f67875b),
  ]
}
